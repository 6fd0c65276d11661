//! The mailbox as a page.

use std::time::Duration;

use local::wait_until;
use serde_json::json;

use super::people::{Shop, shared};

const PATIENCE: Duration = Duration::from_secs(30);

/// The answer at a path of the mailbox: its status, its content security policy and its body.
fn see(shop: &Shop, path: &str) -> (u16, String, String) {
    let mut answer = shop.stack.agent().get(format!("{}{path}", shop.stack.url())).call().unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), policy, answer.body_mut().read_to_string().unwrap())
}

/// The path of the newest mail to an address, and its row in the list.
fn newest_to(shop: &Shop, address: &str) -> (String, String) {
    let row = || {
        let (_, _, list) = see(shop, "/_mailbox");
        list.split("<li>").skip(1).find(|row| row.contains(&format!("to {address}<"))).map(str::to_owned)
    };
    let row = wait_until(PATIENCE, row).unwrap_or_else(|| panic!("no mail to {address}"));
    let path = row.split('"').nth(1).unwrap().to_owned();
    (path, row)
}

/// Sends a mail through the emulated SES, and returns its path.
fn send(shop: &Shop, to: &str, subject: &str, text: &str, html: &str) -> String {
    let mail = json!({
        "FromEmailAddress": "\"<i>&</i>\" <shop@example.com>",
        "Destination": { "ToAddresses": [to] },
        "Content": { "Simple": {
            "Subject": { "Data": subject },
            "Body": { "Text": { "Data": text }, "Html": { "Data": html } },
        } },
    });
    let url = format!("{}/v2/email/outbound-emails", shop.stack.endpoint());
    let request = shop.stack.agent().post(url).header("content-type", "application/json");
    let credential = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ses/aws4_request, \
                      SignedHeaders=host, Signature=0";
    let answer = request.header("authorization", credential).send(mail.to_string().as_bytes()).unwrap();
    assert_eq!(answer.status(), 200);
    newest_to(shop, to).0
}

#[test]
fn a_new_persons_mail_is_listed_and_its_link_leads_to_the_shop() {
    let shop = shared();
    let ann = shop.register("ann");
    let (path, row) = newest_to(shop, &ann.email);
    assert!(row.contains("Welcome to the shop") && row.contains(" ago"), "{row}");
    let (status, _, mail) = see(shop, &path);
    assert_eq!(status, 200);
    let link = format!("{}/verify-email?token=", shop.stack.url());
    assert!(mail.contains(&link) && mail.contains(&format!("src=\"{path}/html\"")), "{mail}");
    let letter = see(shop, &format!("{path}/html")).2.replace("&#x2f;", "/");
    assert!(letter.contains(&format!("href=\"{link}")), "{letter}");
    assert!(letter.contains("<base target=\"_top\">"), "the link leaves the frame: {letter}");
}

#[test]
fn the_newest_mail_comes_first() {
    let shop = shared();
    for subject in ["first", "second"] {
        send(shop, "order-of-mails@example.com", subject, "Hello", "");
    }
    let (_, row) = newest_to(shop, "order-of-mails@example.com");
    assert!(row.contains(">second</a>"), "{row}");
}

#[test]
fn what_a_hostile_mail_says_is_text() {
    let shop = shared();
    let attack = "</title><script>alert('1')</script>\"><img src=x onerror=alert(2)>";
    let path = send(shop, "hostile@example.com", attack, &format!("</pre>{attack}"), attack);
    for page in ["/_mailbox", &path] {
        let (_, policy, body) = see(shop, page);
        assert!(!body.contains("<script") && !body.contains("<img") && !body.contains("<i>"), "{body}");
        assert!(body.contains("&lt;script&gt;alert(&#39;1&#39;)"), "{body}");
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("script-src"), "{policy}");
    }
    let (_, policy, letter) = see(shop, &format!("{path}/html"));
    assert!(letter.contains(attack), "a mail's HTML is shown as it is");
    let sandbox = policy.split(';').next();
    assert_eq!(sandbox, Some("sandbox allow-top-navigation-by-user-activation"), "without scripts");
    let (_, _, page) = see(shop, &path);
    assert!(page.contains("<iframe sandbox=\"allow-top-navigation-by-user-activation\""), "{page}");
}

#[test]
fn a_mail_without_subject_and_html_is_shown() {
    let shop = shared();
    let path = send(shop, "plain@example.com", " ", "Just text", "");
    let (_, _, page) = see(shop, &path);
    assert!(page.contains("<h1>(no subject)</h1>") && page.contains(">Just text</pre>"), "{page}");
    assert!(!page.contains("<iframe"), "{page}");
}

#[test]
fn a_mail_that_is_not_there_is_not_found() {
    let shop = shared();
    for path in ["/_mailbox/none", "/_mailbox/none/html", "/_mailbox/%3Cb%3E"] {
        let (status, _, page) = see(shop, path);
        assert_eq!(status, 404, "{path}");
        assert!(page.contains("<h1>No such mail</h1>"), "{page}");
    }
    let answer = shop.stack.agent().post(format!("{}/_mailbox", shop.stack.url())).send_empty().unwrap();
    assert_eq!(answer.status(), 405);
}
