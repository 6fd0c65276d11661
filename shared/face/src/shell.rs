//! Pages that a script fills.

use serde::Serialize;

/// A page that a script fills.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Shell {
    /// The last part of its path.
    page: &'static str,
    /// The script that fills it.
    script: &'static str,
}

const fn shell(page: &'static str, script: &'static str) -> Shell {
    Shell { page, script }
}

/// All of them. Mails link to some.
const SHELLS: [Shell; 9] = [
    shell("basket", "basket"),
    shell("checkout", "checkout"),
    shell("order", "order"),
    shell("orders", "orders"),
    shell("account", "account"),
    shell("sign-in", "sign-in"),
    shell("verify-email", "links"),
    shell("reset-password", "links"),
    shell("forgot-password", "links"),
];

/// The page of this name.
pub fn named(name: &str) -> Option<Shell> {
    SHELLS.into_iter().find(|shell| shell.page == name)
}
