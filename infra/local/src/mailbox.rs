//! The mailbox as a page, at `/_mailbox` beside the API, so that a link in a mail leads to the shop.
//!
//! Mails may be hostile. All they say is escaped; their HTML is a document of its own in a sandbox without
//! scripts, and no page here loads anything from elsewhere.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::Value;

/// The path of the list. No path of the API begins with it.
pub(crate) const PATH: &str = "/_mailbox";

/// The newest mails that the list shows.
const MOST: usize = 500;

/// What a mail's HTML may do: let a person follow its links, out of its frame.
const SANDBOX: &str = "allow-top-navigation-by-user-activation";

const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; frame-src 'self'; img-src data:; \
                           form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The same sandbox as the frame's, for a reader who opens the HTML by itself.
const LETTER_POLICY: &str = "sandbox allow-top-navigation-by-user-activation; default-src 'none'; \
                             style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
                             frame-ancestors 'self'";

/// The emulator's URL of all mails, as JSON.
pub(crate) fn source(endpoint: &str) -> String {
    format!("{endpoint}/_ministack/ses/messages")
}

/// The mails in the emulator's answer, oldest first.
pub(crate) fn mails(json: &[u8]) -> serde_json::Result<Vec<Value>> {
    #[derive(Deserialize)]
    struct Mailbox {
        messages: BTreeMap<String, Vec<Value>>,
    }
    let mailbox: Mailbox = serde_json::from_slice(json)?;
    Ok(mailbox.messages.into_values().flatten().collect())
}

/// The page of the mailbox that a path names: empty for the list. `None` if the path is not the mailbox's.
pub(crate) fn page(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(PATH)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// An answer of the mailbox.
pub(crate) struct Shown {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) policy: &'static str,
    pub(crate) body: String,
}

/// Shows a page of the mailbox: the list, a mail, or the HTML of a mail.
pub(crate) fn show(page: &str, mails: &[Value]) -> Shown {
    let mail = |id: &str| mails.iter().find(|mail| text(mail, "MessageId") == id);
    if page.is_empty() {
        return framed(StatusCode::OK, "All mails", &list(mails));
    }
    if page == "style.css" {
        return Shown {
            status: StatusCode::OK,
            content_type: "text/css; charset=utf-8",
            policy: PAGE_POLICY,
            body: include_str!("mailbox.css").to_owned(),
        };
    }
    if let Some(mail) = page.strip_suffix("/html").and_then(mail) {
        return letter(text(mail, "BodyHtml"));
    }
    match mail(page) {
        Some(mail) => framed(StatusCode::OK, subject(mail), &one(page, mail)),
        None => framed(
            StatusCode::NOT_FOUND,
            "No such mail",
            &format!(
                "{BACK}<h1>No such mail</h1>\n<p>The mailbox is empty after each start of the stack.</p>"
            ),
        ),
    }
}

const BACK: &str = "<p><a class=\"back\" href=\"/_mailbox\">← All mails</a></p>\n";

/// A mail's HTML for its frame. Its links open outside of the frame, where the shop's scripts run.
fn letter(html: &str) -> Shown {
    Shown {
        status: StatusCode::OK,
        content_type: "text/html; charset=utf-8",
        policy: LETTER_POLICY,
        body: format!("<!doctype html><base target=\"_top\">\n{html}"),
    }
}

fn list(mails: &[Value]) -> String {
    let rows: String = mails.iter().rev().take(MOST).map(row).collect();
    let said = match mails.len() {
        0 => "<p class=\"panel\">No mail yet. The shop writes when somebody registers, orders or forgets a \
              password.</p>"
            .to_owned(),
        count if count > MOST => format!("<p class=\"note\">The newest {MOST} of {count} mails.</p>"),
        _ => String::new(),
    };
    let rows = if rows.is_empty() { rows } else { format!("<ul>\n{rows}</ul>") };
    format!(
        "<header><h1>Mailbox</h1><form action=\"{PATH}\"><button>Look for new mail</button></form></header>\n\
         {said}{rows}"
    )
}

fn row(mail: &Value) -> String {
    let [id, from] = ["MessageId", "Source"].map(|name| escaped(text(mail, name)));
    let (subject, to, age) = (escaped(subject(mail)), escaped(&addressees(mail)), age(mail));
    format!(
        "<li><a href=\"{PATH}/{id}\">{subject}</a>\n\
         <div>to {to}</div>\n<div class=\"note\">from {from}, {age}</div></li>\n"
    )
}

fn one(id: &str, mail: &Value) -> String {
    let [from, plain] = ["Source", "BodyText"].map(|name| escaped(text(mail, name)));
    let (subject, to, age) = (escaped(subject(mail)), escaped(&addressees(mail)), age(mail));
    let id = escaped(id);
    let html = match text(mail, "BodyHtml") {
        "" => String::new(),
        _ => format!(
            "<h2>As HTML</h2>\n<iframe sandbox=\"{SANDBOX}\" src=\"{PATH}/{id}/html\" \
             title=\"The mail as HTML\"></iframe>\n"
        ),
    };
    format!(
        "{BACK}<h1>{subject}</h1>\n\
         <dl><dt>From</dt><dd>{from}</dd><dt>To</dt><dd>{to}</dd><dt>Sent</dt><dd>{age}</dd></dl>\n\
         {html}<h2>As text</h2>\n<pre class=\"panel\">{plain}</pre>"
    )
}

fn framed(status: StatusCode, title: &str, main: &str) -> Shown {
    let title = escaped(title);
    let body = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · local mailbox</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <link rel=\"stylesheet\" href=\"{PATH}/style.css\">\n</head>\n\
         <body>\n<main>\n{main}\n</main>\n</body>\n</html>\n"
    );
    Shown { status, content_type: "text/html; charset=utf-8", policy: PAGE_POLICY, body }
}

fn text<'a>(mail: &'a Value, name: &str) -> &'a str {
    mail[name].as_str().unwrap_or_default()
}

fn subject(mail: &Value) -> &str {
    Some(text(mail, "Subject")).filter(|subject| !subject.trim().is_empty()).unwrap_or("(no subject)")
}

fn addressees(mail: &Value) -> String {
    let all = mail["To"].as_array().into_iter().flatten().filter_map(Value::as_str);
    all.collect::<Vec<_>>().join(", ")
}

/// How long ago a mail was sent. A time of day would need the reader's time zone.
#[expect(clippy::disallowed_methods, reason = "it is compared with the emulator's clock")]
fn age(mail: &Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |now| now.as_secs_f64());
    let seconds = (now - mail["Timestamp"].as_f64().unwrap_or(now)).max(0.0);
    match seconds {
        ..60.0 => format!("{seconds:.0} s ago"),
        ..3600.0 => format!("{:.0} min ago", (seconds / 60.0).floor()),
        ..86400.0 => format!("{:.0} h ago", (seconds / 3600.0).floor()),
        _ => format!("{:.0} d ago", (seconds / 86400.0).floor()),
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
