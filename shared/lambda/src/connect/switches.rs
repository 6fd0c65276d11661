//! What can be switched off by a parameter of the deployment.

use std::str::FromStr;

use super::reach::Connect;
use crate::{Config, StartError};

/// Whether the shop takes orders now.
pub struct CheckoutSwitch(pub Switch);

/// Which parts of the chain are at work now. The workers of the others get no messages; the sweeper lets them
/// wait, too.
pub struct ChainSwitches {
    /// Whether money is taken and given back.
    pub payments: Switch,
    /// Whether mails go out.
    pub mails: Switch,
}

/// What can be switched off by a parameter of the deployment. Nothing is lost meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// It works.
    On,
    /// It waits.
    Off,
}

impl FromStr for Switch {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err("it must be on or off"),
        }
    }
}

impl Connect for CheckoutSwitch {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self(config.parsed("CHECKOUT")?))
    }
}

impl Connect for ChainSwitches {
    async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self { payments: config.parsed("PAYMENTS")?, mails: config.parsed("MAILS")? })
    }
}
