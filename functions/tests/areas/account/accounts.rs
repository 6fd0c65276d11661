//! Accounts: sessions, proof and change of an address, forgotten passwords, deletion.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::account::Notice;
use serde_json::{Value, json};
use testkit::{Fault, When};

use crate::shop::people::{PASSWORD, Person, login};
use crate::shop::world::{Answer, Shop, together};

/// The new password after a change.
const ANOTHER: &str = "another battery staple";

/// Exchanges a refresh token.
async fn refresh(shop: &Shop, token: &Value) -> Answer {
    shop.guest().post("/auth/refresh", json!({ "refresh_token": token })).await
}

/// Registers somebody; returns the person and their refresh token.
async fn registered(shop: &Shop, name: &str) -> (Person, Value) {
    let person = shop.shopper(name).await;
    shop.drain_queues().await;
    let answer = shop.guest().post("/auth/login", login(&person.email, PASSWORD)).await;
    (shop.log_in(&person.email).await, answer.ok()["refresh_token"].clone())
}

/// The body that asks for another address.
fn change_to(email: &str) -> Value {
    json!({ "email": email, "current_password": PASSWORD })
}

/// Asserts that a request is refused because nobody is signed in.
#[track_caller]
fn is_nobody(answer: &Answer) {
    answer.refused(401, &[("UNAUTHENTICATED", "")]);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_has_one_successor_and_repeats_it_for_ten_seconds() {
    let shop = Shop::open();
    let (_, first) = registered(&shop, "ann").await;
    let second = refresh(&shop, &first).await.ok()["refresh_token"].clone();
    assert_ne!(first, second);
    shop.clock.advance(Duration::from_secs(10));
    assert_eq!(refresh(&shop, &first).await.ok()["refresh_token"], second);
    let third = refresh(&shop, &second).await.ok()["refresh_token"].clone();
    assert!(![&first, &second].contains(&&third));
}

#[tokio::test(start_paused = true)]
async fn twenty_refreshes_at_once_get_one_successor() {
    let shop = Shop::open();
    let (_, first) = registered(&shop, "ann").await;
    shop.aws.interleave_by(3);
    let answers = together((0..20).map(|_| refresh(&shop, &first))).await;
    let successors: BTreeSet<_> =
        answers.iter().map(|answer| answer.ok()["refresh_token"].to_string()).collect();
    assert_eq!(successors.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_older_refresh_token_ends_the_session_and_its_owner_is_told() {
    let shop = Shop::open();
    let (ann, first) = registered(&shop, "ann").await;
    let second = refresh(&shop, &first).await.ok()["refresh_token"].clone();
    shop.clock.advance(Duration::from_secs(11));
    is_nobody(&refresh(&shop, &first).await);
    is_nobody(&refresh(&shop, &second).await);
    shop.drain_queues().await;
    assert_eq!(shop.mails(&ann.email).last().unwrap(), "You were signed out on one device");
    // The other session goes on.
    assert_eq!(ann.get("/auth/sessions").await.ok().as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_never_issued_ends_nothing() {
    let shop = Shop::open();
    let (ann, first) = registered(&shop, "ann").await;
    let second = refresh(&shop, &first).await.ok()["refresh_token"].clone();
    shop.clock.advance(Duration::from_secs(11));
    let text = second.as_str().unwrap();
    let (front, secret) = text.rsplit_once('.').unwrap();
    let older = front.replace(".1", ".0");
    let access = ann.header("authorization").replace("Bearer ", "");
    for forged in [format!("{older}.{secret}"), format!("{front}.{}", "A".repeat(43)), access, "x".to_owned()]
    {
        is_nobody(&refresh(&shop, &json!(forged)).await);
    }
    is_nobody(&shop.guest().call("POST", "/auth/refresh", None).await);
    refresh(&shop, &second).await.ok();
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_of_a_refresh_does_no_harm() {
    for fault in [Fault::Fail(When::After), Fault::Timeout(When::After), Fault::Hang(When::After)] {
        let shop = Shop::open();
        let (_, first) = registered(&shop, "ann").await;
        refresh(&shop, &first).await.ok();
        let (_, first) = registered(&shop, "ben").await;
        shop.aws.clear_calls();
        shop.aws.fault_nth(1, fault.clone());
        let answer = refresh(&shop, &first).await;
        shop.aws.no_faults();
        let next = match answer.status {
            200 => answer,
            503 => refresh(&shop, &first).await,
            status => panic!("{fault:?}: {status}"),
        };
        refresh(&shop, &next.ok()["refresh_token"]).await.ok();
    }
}

#[tokio::test(start_paused = true)]
async fn a_browser_goes_on_by_its_cookie() {
    let shop = Shop::open();
    let mut account = login("ann@example.com", PASSWORD);
    account["name"] = json!("Ann");
    account["token_delivery"] = json!("cookie");
    let cookie = |answer: &Answer| {
        let [cookie] = answer.cookies.as_slice() else { panic!("{:?}", answer.cookies) };
        cookie.split(';').next().unwrap().to_owned()
    };
    let first = cookie(&shop.guest().post("/auth/register", account).await);
    let send = async |path: &str, cookie: &str| {
        shop.guest().call_with("POST", path, &[("cookie", cookie)], None).await
    };
    let answer = send("/auth/refresh", &first).await;
    assert_eq!(answer.ok()["refresh_token"], Value::Null);
    let second = cookie(&answer);
    let out = send("/auth/logout", &second).await;
    assert_eq!((out.status, cookie(&out).as_str()), (204, "refresh_token="));
    is_nobody(&send("/auth/refresh", &second).await);
    assert_eq!(send("/auth/logout", &second).await.status, 204);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_a_week_after_its_last_refresh() {
    let shop = Shop::open();
    let (ann, mut token) = registered(&shop, "ann").await;
    for _ in 0..3 {
        shop.clock.advance(Duration::from_hours(6 * 24));
        token = refresh(&shop, &token).await.ok()["refresh_token"].clone();
    }
    shop.clock.advance(Duration::from_hours(7 * 24));
    is_nobody(&refresh(&shop, &token).await);
    assert_eq!(shop.again(&ann).get("/auth/sessions").await.ok(), &json!([]));
}

#[tokio::test(start_paused = true)]
async fn an_eleventh_session_ends_the_oldest() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    let mut tokens = Vec::new();
    for _ in 0..11 {
        shop.clock.advance(Duration::from_secs(1));
        let answer = shop.guest().post("/auth/login", login(&ann.email, PASSWORD)).await;
        tokens.push(answer.ok()["refresh_token"].clone());
    }
    is_nobody(&refresh(&shop, &tokens[0]).await);
    for token in &tokens[1..] {
        refresh(&shop, token).await.ok();
    }
    // Logins at the same moment do not make more than ten sessions either.
    shop.aws.interleave_by(5);
    let guest = shop.guest();
    together((0..8).map(|_| guest.post("/auth/login", login(&ann.email, PASSWORD)))).await;
    assert_eq!(ann.get("/auth/sessions").await.ok().as_array().unwrap().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_person_sees_and_ends_their_own_sessions_only() {
    let shop = Shop::open();
    let (ann, token) = registered(&shop, "ann").await;
    let eve = shop.member("eve", false).await;
    let sessions = ann.get("/auth/sessions").await;
    let sessions = sessions.ok().as_array().unwrap();
    assert_eq!(sessions.iter().filter(|session| session["is_current"] == true).count(), 1);
    let other = sessions.iter().find(|session| session["is_current"] == false).unwrap();
    let path = format!("/auth/sessions/{}", other["id"].as_str().unwrap());
    eve.call("DELETE", &path, None).await.refused(404, &[("NOT_FOUND", "")]);
    for session in sessions.iter().filter(|session| session["is_current"] == false) {
        let path = format!("/auth/sessions/{}", session["id"].as_str().unwrap());
        ann.call("DELETE", &path, None).await.data(204);
        ann.call("DELETE", &path, None).await.refused(404, &[("NOT_FOUND", "")]);
    }
    is_nobody(&refresh(&shop, &token).await);
    assert_eq!(ann.get("/auth/sessions").await.ok().as_array().unwrap().len(), 1);

    ann.call("DELETE", "/auth/sessions", None).await.data(204);
    assert_eq!(ann.get("/auth/sessions").await.ok(), &json!([]));
    assert_eq!(eve.get("/auth/sessions").await.ok().as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_password_ends_every_session_and_the_old_one_opens_nothing() {
    let shop = Shop::open();
    let (ann, token) = registered(&shop, "ann").await;
    let change = |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
    let wrong = ann.call("PUT", "/users/me/password", Some(change(ANOTHER, ANOTHER))).await;
    wrong.refused(422, &[("INVALID", "current_password")]);
    ann.call("PUT", "/users/me/password", Some(change(PASSWORD, ANOTHER))).await.data(204);
    is_nobody(&refresh(&shop, &token).await);
    is_nobody(&shop.guest().post("/auth/login", login(&ann.email, PASSWORD)).await);
    shop.guest().post("/auth/login", login(&ann.email, ANOTHER)).await.ok();
    shop.drain_queues().await;
    assert_eq!(shop.mails(&ann.email).last().unwrap(), "Your password was changed");
}

#[tokio::test(start_paused = true)]
async fn no_login_with_the_old_password_outlives_its_change() {
    for seed in 0..12 {
        let shop = Shop::open();
        let ann = shop.member("ann", false).await;
        shop.aws.interleave_by(seed);
        let passwords = json!({ "current_password": PASSWORD, "new_password": ANOTHER });
        let change = ann.call("PUT", "/users/me/password", Some(passwords));
        let guest = shop.guest();
        let logins = together((0..6).map(|_| guest.post("/auth/login", login(&ann.email, PASSWORD))));
        let (changed, answers) = tokio::join!(change, logins);
        assert_eq!(changed.status, 204);
        for answer in answers {
            match answer.status {
                200 => is_nobody(&refresh(&shop, &answer.ok()["refresh_token"]).await),
                status => assert!([401, 503].contains(&status), "{status}"),
            }
        }
        shop.drain_queues().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_of_two_concurrent_new_passwords_is_set() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    let change = |new: &str| {
        let passwords = json!({ "current_password": PASSWORD, "new_password": new });
        ann.call("PUT", "/users/me/password", Some(passwords))
    };
    let (late, early) = shop
        .meanwhile(("EMAIL#", "version"), change("the new one of one"), change("another's new one"))
        .await;
    early.data(204);
    assert!(matches!(late.status, 401 | 422 | 503), "{}", late.status);
    shop.guest().post("/auth/login", login(&ann.email, "another's new one")).await.ok();
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_password_that_was_just_replaced_sets_no_new_one() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    let (table, email) = (shop.table_of("change-password"), ann.email.parse().unwrap());
    let old = table.credential_now(&email).await.unwrap().unwrap();
    let passwords = json!({ "current_password": PASSWORD, "new_password": "a new and long one" });
    ann.call("PUT", "/users/me/password", Some(passwords)).await.data(204);
    // Everything else is read after the credential.
    let user = table.user_now(ann.id.parse().unwrap()).await.unwrap().unwrap();
    let changed = table.change_password(&user, &old, user.clone(), old.password_hash.clone()).await;
    assert!(!changed.unwrap());
    shop.guest().post("/auth/login", login(&ann.email, "a new and long one")).await.ok();
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn no_change_of_a_profile_undoes_another_at_the_same_time() {
    for seed in 0..4 {
        let shop = Shop::open();
        let (ann, ada) = (shop.member("ann", false).await, shop.member("ada", true).await);
        shop.aws.interleave_by(seed);
        let (account, role) = (format!("/admin/users/{}", ann.id), json!({ "is_admin": true }));
        let (named, raised) = tokio::join!(
            ann.call("PATCH", "/users/me", Some(json!({ "name": "Anna" }))),
            ada.call("PATCH", &account, Some(role)),
        );
        let roles = match raised.status {
            200 => json!(["buyer", "admin"]),
            status => {
                assert_eq!(status, 503);
                json!(["buyer"])
            }
        };
        named.ok();
        let seen = ada.get(&account).await;
        assert_eq!((&seen.ok()["name"], &seen.ok()["roles"]), (&json!("Anna"), &roles));
        shop.drain_queues().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_address_signs_in_after_concurrent_logins() {
    // With ten sessions, where a new one replaces the oldest; and with one.
    for (sessions, condition) in [(10, "ids = :seen"), (1, "size(ids)")] {
        let shop = Shop::open();
        let ann = shop.member("ann", false).await;
        for _ in 0..sessions {
            shop.guest().post("/auth/login", login(&ann.email, PASSWORD)).await.ok();
        }
        let moves = json!({ "email": "anna@example.com", "current_password": PASSWORD });
        ann.call("PATCH", "/users/me", Some(moves)).await.ok();
        shop.drain_queues().await;
        let token = shop.aws.mails_to("anna@example.com")[0].link("verify-email");
        let guest = shop.guest();
        let verify = guest.post("/auth/email/verify", json!({ "token": token }));
        let (_, verified) = shop
            .meanwhile(("USER#", condition), guest.post("/auth/login", login(&ann.email, PASSWORD)), verify)
            .await;
        verified.data(204);
        guest.post("/auth/login", login("anna@example.com", PASSWORD)).await.ok();
        shop.drain_queues().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_is_proved_by_the_link_in_the_welcome() {
    let shop = Shop::open();
    let ann = shop.shopper("ann").await;
    assert_eq!(ann.get("/users/me").await.ok()["email_verified"], false);
    shop.drain_queues().await;
    let token = shop.aws.mails_to(&ann.email)[0].link("verify-email");
    let verify = async |token: &str| shop.guest().post("/auth/email/verify", json!({ "token": token })).await;
    verify(" \n").await.refused(422, &[("REQUIRED", "token")]);
    for bad in ["x", &ann.id, &format!("{}.{}", ann.id, "A".repeat(43)), &token[1..]] {
        verify(bad).await.refused(422, &[("INVALID", "token")]);
    }
    // The link is followed twice, because the first answer may be lost.
    verify(&token).await.data(204);
    verify(&token).await.data(204);
    assert_eq!(ann.get("/users/me").await.ok()["email_verified"], true);
    shop.clock.advance(Duration::from_hours(24));
    verify(&token).await.refused(422, &[("INVALID", "token")]);
}

#[tokio::test(start_paused = true)]
async fn only_the_latest_link_proves_an_address() {
    let shop = Shop::open();
    let ann = shop.shopper("ann").await;
    shop.drain_queues().await;
    ann.call("POST", "/auth/email/resend", None).await.data(202);
    shop.drain_queues().await;
    let mails = shop.aws.mails_to(&ann.email);
    let verify = async |token: &str| shop.guest().post("/auth/email/verify", json!({ "token": token })).await;
    verify(&mails[0].link("verify-email")).await.refused(422, &[("INVALID", "token")]);
    verify(&mails[1].link("verify-email")).await.data(204);
}

#[tokio::test(start_paused = true)]
async fn a_new_address_takes_over_once_its_link_was_followed() {
    let shop = Shop::open();
    let (ann, token) = registered(&shop, "ann").await;
    shop.member("eve", false).await;
    let change = |email: &str, password: &str| json!({ "email": email, "current_password": password });
    let patch = async |body: Value| ann.call("PATCH", "/users/me", Some(body)).await;
    patch(json!({ "email": "new@example.com" })).await.refused(422, &[("REQUIRED", "current_password")]);
    patch(change("new@example.com", ANOTHER)).await.refused(422, &[("INVALID", "current_password")]);
    patch(change("eve@example.com", PASSWORD)).await.refused(409, &[("EMAIL_TAKEN", "email")]);

    let pending = patch(change("New@example.com", PASSWORD)).await.ok().clone();
    assert_eq!(
        (&pending["email"], &pending["pending_email"]),
        (&json!(ann.email), &json!("new@example.com"))
    );
    shop.drain_queues().await;
    shop.guest().post("/auth/login", login(&ann.email, PASSWORD)).await.ok();
    is_nobody(&shop.guest().post("/auth/login", login("new@example.com", PASSWORD)).await);

    let link = shop.aws.mails_to("new@example.com")[0].link("verify-email");
    for _ in 0..2 {
        shop.guest().post("/auth/email/verify", json!({ "token": link })).await.data(204);
    }
    shop.drain_queues().await;
    is_nobody(&shop.guest().post("/auth/login", login(&ann.email, PASSWORD)).await);
    let signed_in = shop.guest().post("/auth/login", login("new@example.com", PASSWORD)).await;
    let user = &signed_in.ok()["user"];
    assert_eq!((&user["email_verified"], &user["pending_email"]), (&json!(true), &Value::Null));
    assert_eq!(shop.mails(&ann.email).last().unwrap(), "Your e-mail address was changed");
    // The account is the same, and its sessions go on.
    assert_eq!(user["id"], json!(ann.id));
    refresh(&shop, &token).await.ok();
    // The address is free again.
    shop.shopper("ann").await;
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn one_of_two_users_gets_an_address_that_both_want() {
    let shop = Shop::open();
    let people = [shop.member("ann", false).await, shop.member("ben", false).await];
    for person in &people {
        let change = json!({ "email": "new@example.com", "current_password": PASSWORD });
        person.call("PATCH", "/users/me", Some(change)).await.ok();
    }
    shop.drain_queues().await;
    let links = shop.aws.mails_to("new@example.com").into_iter().map(|mail| mail.link("verify-email"));
    shop.aws.interleave_by(7);
    let guest = shop.guest();
    let answers =
        together(links.map(|link| guest.post("/auth/email/verify", json!({ "token": link })))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    shop.guest().post("/auth/login", login("new@example.com", PASSWORD)).await.ok();
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_password_is_set_by_a_link_that_works_once() {
    let shop = Shop::open();
    let (ann, token) = registered(&shop, "ann").await;
    let forgot = json!({ "email": ann.email });
    let reset = async |token: &str| {
        shop.guest().post("/auth/password/reset", json!({ "token": token, "new_password": ANOTHER })).await
    };
    let link = async || {
        shop.guest().post("/auth/password/forgot", forgot.clone()).await.data(202);
        shop.drain_queues().await;
        shop.aws.mails_to(&ann.email).last().unwrap().link("reset-password")
    };
    let (old, late, good) = (link().await, link().await, link().await);
    reset(&old).await.refused(422, &[("INVALID", "token")]);
    reset(&late).await.refused(422, &[("INVALID", "token")]);
    let short = json!({ "token": good, "new_password": "short" });
    shop.guest().post("/auth/password/reset", short).await.refused(422, &[("TOO_SHORT", "new_password")]);

    shop.aws.interleave_by(9);
    let answers = together((0..5).map(|_| reset(&good))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    is_nobody(&refresh(&shop, &token).await);
    is_nobody(&shop.guest().post("/auth/login", login(&ann.email, PASSWORD)).await);
    shop.guest().post("/auth/login", login(&ann.email, ANOTHER)).await.ok();
    shop.drain_queues().await;

    let expired = link().await;
    shop.clock.advance(Duration::from_mins(30));
    reset(&expired).await.refused(422, &[("INVALID", "token")]);
}

#[tokio::test(start_paused = true)]
async fn a_new_password_revokes_links_and_changes_asked_for_before() {
    for by_link in [true, false] {
        let shop = Shop::open();
        let ann = shop.member("ann", false).await;
        // A thief who knows the password asks to change the address.
        ann.call("PATCH", "/users/me", Some(change_to("thief@example.com"))).await.ok();
        shop.guest().post("/auth/password/forgot", json!({ "email": ann.email })).await.data(202);
        shop.drain_queues().await;
        let theirs = shop.aws.mails_to("thief@example.com")[0].link("verify-email");
        let link = shop.aws.mails_to(&ann.email)[0].link("reset-password");
        let reset = json!({ "token": link, "new_password": ANOTHER });
        let set = json!({ "current_password": PASSWORD, "new_password": ANOTHER });
        match by_link {
            true => shop.guest().post("/auth/password/reset", reset.clone()).await.data(204),
            false => ann.call("PUT", "/users/me/password", Some(set)).await.data(204),
        };
        shop.drain_queues().await;
        let late = shop.guest().post("/auth/email/verify", json!({ "token": theirs })).await;
        late.refused(422, &[("INVALID", "token")]);
        shop.guest().post("/auth/password/reset", reset).await.refused(422, &[("INVALID", "token")]);
        assert_eq!(ann.get("/users/me").await.ok()["pending_email"], Value::Null);
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_asked_for_while_another_is_sent_is_sent_too() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    ann.call("PATCH", "/users/me", Some(change_to("first@example.com"))).await.ok();
    let messages = shop.aws.queue("notifications").take_due(shop.clock.now());
    // The worker has claimed the first mail, and sends it while she cancels the change.
    shop.aws.set_delay(Some(Duration::from_secs(1)));
    let again = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        shop.aws.set_delay(None);
        ann.call("PATCH", "/users/me", Some(change_to("second@example.com"))).await.ok();
    };
    let (sent, ()) = tokio::join!(shop.deliver("notifications", &messages), again);
    assert_eq!(sent, Ok(vec![]));
    shop.drain_queues().await;
    let link = shop.aws.mails_to("second@example.com")[0].link("verify-email");
    shop.guest().post("/auth/email/verify", json!({ "token": link })).await.data(204);
    shop.drain_queues().await;
    assert!(shop.owes_nothing().await);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_change_of_address_sends_no_mail() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    ann.call("PATCH", "/users/me", Some(change_to("typo@example.com"))).await.ok();
    ann.call("PATCH", "/users/me", Some(json!({ "email": ann.email }))).await.ok();
    shop.drain_queues().await;
    assert_eq!(shop.mails("typo@example.com"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_mail_owed_while_the_sweeper_gives_up_another_is_still_sent() {
    let shop = Shop::open();
    let ann = shop.shopper("ann").await;
    shop.may_leave_messages();
    // No mail is sent for so long that the next visit of the sweeper is the last one.
    for minutes in [30, 4, 8, 16, 32, 64, 128] {
        shop.aws.queue("notifications").purge();
        shop.clock.advance(Duration::from_mins(minutes + 1));
        shop.sweep().await.unwrap();
    }
    shop.aws.queue("notifications").purge();
    shop.clock.advance(Duration::from_hours(5));
    // Another mail becomes owed between the sweeper's read and its write, which take a second each.
    let id = ann.id.parse::<domain::ids::UserId>().unwrap();
    let reads = u64::try_from(id.bits() % table::DUE_SHARDS).unwrap() + 2;
    let owe = async {
        tokio::time::sleep(Duration::from_millis(reads * 1000 + 500)).await;
        shop.table().owe_notice(id, domain::account::Notice::Reset).await.unwrap();
    };
    shop.aws.set_delay(Some(Duration::from_secs(1)));
    let (swept, ()) = tokio::join!(shop.sweep(), owe);
    swept.unwrap();
    shop.aws.set_delay(None);
    shop.clock.advance(Duration::from_hours(1));
    shop.sweep().await.unwrap();
    shop.drain_queues().await;
    assert!(shop.owes_nothing().await);
}

#[tokio::test(start_paused = true)]
async fn a_registration_whose_answer_is_lost_succeeds_when_repeated() {
    let shop = Shop::open();
    shop.start("register").await;
    shop.aws.clear_calls();
    // The transaction is written and its answer is lost. For a while it looks as if it were still under way.
    shop.aws.on(|call| match (call.operation.as_str(), call.nth) {
        ("TransactWriteItems", 1) => Fault::Fail(When::After),
        ("TransactWriteItems", 2 | 3) => Fault::Refuse(400, "TransactionInProgressException"),
        _ => Fault::None,
    });
    let mut account = login("ann@example.com", PASSWORD);
    account["name"] = json!("Ann Shopper");
    shop.guest().post("/auth/register", account).await.created();
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_role_changes_only_in_the_version_that_was_read() {
    let shop = Shop::open();
    let admin = shop.member("admin", true).await;
    let ann = shop.member("ann", false).await;
    let path = format!("/admin/users/{}", ann.id);
    let seen = admin.get(&path).await.headers["etag"].clone();
    ann.call("PATCH", "/users/me", Some(json!({ "name": "Another Ann" }))).await.ok();
    let stale = [("if-match", seen.as_str())];
    let late = admin.call_with("PATCH", &path, &stale, Some(json!({ "is_admin": true }))).await;
    late.refused(412, &[("VERSION_MISMATCH", "")]);
    let seen = admin.get(&path).await.headers["etag"].clone();
    let fresh = [("if-match", seen.as_str())];
    admin.call_with("PATCH", &path, &fresh, Some(json!({ "is_admin": true }))).await.ok();
}

#[tokio::test(start_paused = true)]
async fn a_known_and_an_unknown_address_look_and_cost_the_same() {
    let shop = Shop::open();
    shop.member("ann", false).await;
    let ask = async |path: &str, body: Value| {
        shop.guest().post(path, body.clone()).await;
        shop.aws.clear_calls();
        let answer = shop.guest().post(path, body).await;
        let calls: Vec<_> = shop.aws.calls().iter().map(|call| call.info.operation.clone()).collect();
        let mut body = answer.body;
        body.as_object_mut().map(|body| body.remove("meta"));
        (answer.status, body, calls)
    };
    for (path, body) in [("/auth/login", login("", "not the password")), ("/auth/password/forgot", json!({}))]
    {
        let mut asked = Vec::new();
        for email in ["ann@example.com", "nobody@example.com"] {
            let mut body = body.clone();
            body["email"] = json!(email);
            asked.push(ask(path, body).await);
        }
        assert_eq!(asked[0], asked[1], "{path}");
    }
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_login_merges_the_anonymous_cart_into_the_users_own() {
    let (shop, products) =
        Shop::with_products(&[("lamp", 15_00, 5), ("desk", 99_00, 90), ("sofa", 9_00, 0)]).await;
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&products[0], 3).await.ok();
    ann.add_to_cart(&products[1], 60).await.ok();
    let guest = shop.guest_with_cart(&products[0]).await;
    guest.add_to_cart(&products[0], 3).await.ok();
    guest.add_to_cart(&products[1], 60).await.ok();
    guest.add_to_cart(&products[2], 2).await.ok();
    let answer = guest.post("/auth/login", login(&ann.email, PASSWORD)).await;
    answer.ok();
    assert!(answer.cookies.iter().any(|cookie| cookie.starts_with("cart=;")));

    let view = ann.get("/cart").await;
    let held = |product: &str| {
        let lines = view.ok()["items"].as_array().unwrap();
        lines.iter().find(|line| line["product_id"] == product).map(|line| line["quantity"].clone())
    };
    // Quantities are added, up to the stock of 5 and up to 99. One unit of a sold-out product stays in the
    // cart to be seen.
    assert_eq!(held(&products[0]), Some(json!(5)));
    assert_eq!(held(&products[1]), Some(json!(90)));
    assert_eq!(held(&products[2]), Some(json!(1)));
    assert_eq!(guest.get("/cart").await.ok()["items"], json!([]));
    // A later login with the dead token gets nothing more.
    guest.post("/auth/login", login(&ann.email, PASSWORD)).await.ok();
    assert_eq!(ann.get("/cart").await.ok()["items"], view.ok()["items"]);
}

#[tokio::test(start_paused = true)]
async fn a_cart_is_merged_once_by_many_logins_and_despite_failures() {
    for seed in 0..20 {
        let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
        let ann = shop.member("ann", false).await;
        ann.add_to_cart(&products[0], 2).await.ok();
        let guest = shop.guest_with_cart(&products[0]).await;
        shop.log_in(&ann.email).await;
        shop.aws.interleave_by(seed);
        shop.aws.random_faults(seed, 0.2);
        together((0..4).map(|_| guest.post("/auth/login", login(&ann.email, PASSWORD)))).await;
        shop.aws.no_faults();
        guest.post("/auth/login", login(&ann.email, PASSWORD)).await.ok();
        assert_eq!(ann.get("/cart").await.ok()["items"][0]["quantity"], 3, "seed {seed}");
        assert_eq!(guest.get("/cart").await.ok()["items"], json!([]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_profile_changes_only_in_named_and_allowed_fields() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    let before = ann.get("/users/me").await;
    let tag = before.headers["etag"].clone();
    let renamed = ann.call("PATCH", "/users/me", Some(json!({ "name": "  Ann  Other " }))).await;
    assert_eq!(renamed.ok()["name"], "Ann  Other");
    assert_eq!(renamed.ok()["email"], before.ok()["email"]);
    for field in ["is_admin", "id", "store_id", "email_verified", "roles", "password", "version"] {
        let body = json!({ field: true });
        ann.call("PATCH", "/users/me", Some(body.clone())).await.refused(422, &[("UNKNOWN_FIELD", field)]);
        let mut account = login("mass@example.com", PASSWORD);
        account["name"] = json!("Mass");
        account[field] = json!(true);
        let refused = shop.guest().post("/auth/register", account).await;
        if field == "password" {
            refused.refused(422, &[("INVALID", "password")]);
        } else {
            refused.refused(422, &[("UNKNOWN_FIELD", field)]);
        }
    }
    let stale = [("if-match", tag.as_str())];
    let late = ann.call_with("PATCH", "/users/me", &stale, Some(json!({ "name": "Late" }))).await;
    late.refused(412, &[("VERSION_MISMATCH", "")]);
    let same = [("if-none-match", renamed.headers["etag"].as_str())];
    assert_eq!(ann.call_with("GET", "/users/me", &same, None).await.status, 304);
}

#[tokio::test(start_paused = true)]
async fn an_order_placed_while_its_seller_leaves_is_cancelled_and_costs_nothing() {
    let shop = Shop::open();
    shop.sell("another", &[("desk", 9_00, 1)]).await;
    let vase = shop.sell_by_hand("potter", "vase", 3).await;
    let (ann, potter) = (shop.member("ann", false).await, shop.find("potter").await);
    ann.add_to_cart(&vase, 1).await.ok();
    let leave = potter.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD })));
    // The checkout reads the store before it closes.
    let (order, left) = shop.meanwhile(("ORDER#", "SNAPSHOT"), ann.place_order(), leave).await;
    left.data(204);
    let order = order.created()["id"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        shop.drain_queues().await;
        shop.clock.advance(Duration::from_mins(21));
        shop.sweep().await.unwrap();
    }
    shop.drain_queues().await;
    let shown = shop.again(&ann).order(&order).await.ok().clone();
    assert_eq!((&shown["status"], &shown["payment_status"]), (&json!("cancelled"), &json!("refunded")));
    assert_eq!(shop.ledger("REFUND").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_account_is_gone_and_its_orders_stay_anonymous() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    let (ann, token) = registered(&shop, "ann").await;
    ann.add_to_cart(&products[0], 1).await.ok();
    let order = ann.place_order().await.created()["id"].as_str().unwrap().to_owned();
    shop.drain_queues().await;
    ann.add_to_cart(&products[0], 1).await.ok();
    // This order is on its way when she deletes her account.
    let open = ann.place_order().await.created()["id"].as_str().unwrap().to_owned();

    let ann = shop.again(&ann);
    let leave = |password: &str| json!({ "password": password });
    ann.call("DELETE", "/users/me", Some(leave(ANOTHER))).await.refused(422, &[("INVALID", "password")]);
    ann.call("DELETE", "/users/me", Some(leave(PASSWORD))).await.data(204);
    is_nobody(&refresh(&shop, &token).await);
    is_nobody(&shop.guest().post("/auth/login", login(&ann.email, PASSWORD)).await);
    is_nobody(&ann.get("/users/me").await);
    assert_eq!(shop.work_off("erasures").await, Ok(1));

    let admin = shop.member("admin", true).await;
    let contact = async |id: &str| {
        let shown = shop.again(&admin).order(id).await;
        shown.ok()["shipping_address"].clone()
    };
    assert_eq!(contact(&order).await, Value::Null);
    assert_ne!(contact(&open).await, Value::Null);
    shop.drain_queues().await;
    assert_eq!(shop.again(&admin).order(&open).await.ok()["status"], "delivered");
    for _ in 0..2 {
        shop.clock.advance(Duration::from_hours(25));
        shop.sweep().await.unwrap();
        shop.drain_queues().await;
    }
    assert_eq!(contact(&open).await, Value::Null);
    let left: Vec<_> =
        shop.aws.items("Table").into_iter().filter(|item| item.to_string().contains("ann@")).collect();
    assert_eq!(left, Vec::<Value>::new());
    let left = shop.aws.items("Table").into_iter().filter(|item| item.to_string().contains("Springfield"));
    assert_eq!(left.count(), 0);
    // The address is free again.
    shop.shopper("ann").await;
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn writes_by_a_token_that_outlives_its_user_are_erased_too() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    let ann = shop.member("ann", false).await;
    ann.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.data(204);
    shop.drain_queues().await;
    ann.add_to_cart(&products[0], 1).await.ok();
    is_nobody(&ann.place_order().await);
    shop.clock.advance(Duration::from_mins(21));
    shop.sweep().await.unwrap();
    shop.drain_queues().await;
    let left = shop.aws.items("Table").into_iter().filter(|item| item["pk"].to_string().contains(&ann.id));
    let kinds: Vec<_> = left.map(|item| item["sk"]["S"].clone()).collect();
    // The item that is left holds no personal data, and expires within a day.
    assert_eq!(kinds, ["SESSIONS"]);
}

#[tokio::test(start_paused = true)]
async fn an_erasure_walk_longer_than_the_last_token_is_repeated() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    let ann = shop.member("ann", false).await;
    // One order more than a page of the walk.
    for _ in 0..26 {
        ann.add_to_cart(&products[0], 1).await.ok();
        ann.place_order().await.created();
    }
    shop.drain_queues().await;
    let ann = shop.again(&ann);
    ann.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.data(204);
    assert_eq!(shop.work_off("erasures").await, Ok(1));
    // The message for the second page is late, and her token still works.
    ann.keep_address("Springfield").await.created();
    shop.clock.advance(Duration::from_mins(21));
    shop.drain_queues().await;
    shop.sweep().await.unwrap();
    shop.drain_queues().await;
    let items = shop.aws.items("Table");
    assert_eq!(items.iter().filter(|item| item.to_string().contains("Springfield")).count(), 0);
    assert_eq!(items.iter().filter(|item| item["sk"]["S"] == "ERASURE").count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_seller_with_open_orders_stays_and_one_without_closes_the_store() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    let seller = shop.find("seller").await;
    let ann = shop.member("ann", false).await;
    ann.add_to_cart(&products[0], 1).await.ok();
    ann.place_order().await.created();
    let leave = json!({ "password": PASSWORD });
    seller.call("DELETE", "/users/me", Some(leave.clone())).await.refused(409, &[("OPEN_ORDERS", "")]);
    shop.drain_queues().await;
    let ann = shop.again(&ann);
    ann.add_to_cart(&products[0], 1).await.ok();
    shop.again(&seller).call("DELETE", "/users/me", Some(leave)).await.data(204);
    ann.place_order().await.refused(409, &[("NO_LONGER_SOLD", &products[0])]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn an_erasure_survives_a_crash_at_every_call() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 90)]).await;
    let mut people = 0;
    for when in [When::Before, When::After] {
        for call in 1.. {
            people += 1;
            let ann = shop.member(&format!("ann{people}"), false).await;
            ann.add_to_cart(&products[0], 1).await.ok();
            ann.place_order().await.created();
            shop.drain_queues().await;
            shop.again(&ann)
                .call("DELETE", "/users/me", Some(json!({ "password": PASSWORD })))
                .await
                .data(204);
            shop.aws.clear_calls();
            shop.aws.fault_nth(call, Fault::Crash(when));
            let crashed = shop.work_off("erasures").await.is_err();
            shop.aws.no_faults();
            shop.aws.queue("erasures").purge();
            for _ in 0..40 {
                shop.clock.advance(Duration::from_mins(1));
                shop.sweep().await.unwrap();
                shop.drain_queues().await;
            }
            let left = shop.aws.items("Table").into_iter().filter(|item| {
                let (pk, sk) = (item["pk"].to_string(), item["sk"].to_string());
                pk.contains(&ann.id) && !sk.contains("SESSIONS") || sk.contains("CONTACT")
            });
            assert_eq!(left.count(), 0, "call {call}");
            if !crashed {
                break;
            }
        }
    }
    assert!(people > 10, "{people} fault points");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_was_sent_to_the_old_address_sets_no_password() {
    let shop = Shop::open();
    let ann = shop.member("ann", false).await;
    shop.guest().post("/auth/password/forgot", json!({ "email": ann.email })).await.data(202);
    let change = json!({ "email": "new@example.com", "current_password": PASSWORD });
    ann.call("PATCH", "/users/me", Some(change)).await.ok();
    shop.drain_queues().await;
    let reset = shop.aws.mails_to(&ann.email)[0].link("reset-password");
    let verify = shop.aws.mails_to("new@example.com")[0].link("verify-email");
    shop.guest().post("/auth/email/verify", json!({ "token": verify })).await.data(204);
    let reset = json!({ "token": reset, "new_password": ANOTHER });
    shop.guest().post("/auth/password/reset", reset).await.refused(422, &[("INVALID", "token")]);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_mail_owed_while_another_is_sent_is_sent_too() {
    let shop = Shop::open();
    let ann = shop.shopper("ann").await;
    let (table, id) = (shop.table_of("send-mail"), ann.id.parse().unwrap());
    shop.aws.queue("notifications").purge();
    let until = table.now() + Duration::from_secs(50);
    let claimed = table.claim_notice(id, Notice::Welcome, until, None).await.unwrap().unwrap();
    // Its publish is lost.
    table.owe_notice(id, Notice::Reset).await.unwrap();
    table.notice_sent(&claimed, Notice::Welcome).await.unwrap();
    shop.clock.advance(Duration::from_mins(7));
    shop.sweep().await.unwrap();
    shop.drain_queues().await;
    assert_eq!(shop.mails(&ann.email), ["Set a new password"]);
}

/// Whether a session's refresh token can no longer be exchanged.
async fn is_ended(shop: &Shop, token: &Value) -> bool {
    refresh(shop, token).await.status == 401
}

#[tokio::test(start_paused = true)]
async fn a_logout_ends_the_sessions_of_its_cookies_whatever_its_body_is() {
    let shop = Shop::open();
    let (ann, _) = registered(&shop, "ann").await;
    let signed_in = async || {
        shop.guest().post("/auth/login", login(&ann.email, PASSWORD)).await.ok()["refresh_token"].clone()
    };
    let json = ("content-type", "application/json");
    let large = format!("{{\"refresh_token\": \"{}\"}}", "x".repeat(70_000));
    for (headers, body, status) in [
        (vec![], "", 204),
        (vec![json], " \r\n", 204),
        (vec![json], "{\"refresh_token\": \"nobody's\"}", 204),
        (vec![json], "{\"refresh_token\": \"\"}", 204),
        (vec![json], "{", 400),
        (vec![json], "\"{}\"", 422),
        (vec![json], "null", 422),
        (vec![json], "[]", 422),
        (vec![json], "7", 422),
        (vec![json], "{\"refresh_token\": 5}", 422),
        (vec![json], "{\"token\": \"x\"}", 422),
        (vec![json], large.as_str(), 413),
        (vec![json, ("content-encoding", "gzip")], "{}", 415),
        (vec![("content-type", "text/plain")], "{}", 415),
        (vec![("content-type", "application/x-www-form-urlencoded")], "refresh_token=x", 415),
        (vec![("content-type", "application/json; charset=latin1")], "{}", 415),
    ] {
        let (first, second) = (signed_in().await, signed_in().await);
        let [one, two] = [&first, &second].map(|token| token.as_str().unwrap());
        let cookies =
            format!("refresh_token={one}; refresh_token=x; refresh_token={one}; refresh_token={two}");
        let headers: Vec<_> = headers.into_iter().chain([("cookie", cookies.as_str())]).collect();
        let send = async |path: &str, headers: &[(&str, &str)]| {
            shop.guest().bytes("POST", path, headers, body.as_bytes()).await
        };
        let out = send("/auth/logout", &headers).await;
        assert_eq!(out.status, status, "{body:.40}: {:#}", out.body);
        assert!(is_ended(&shop, &first).await && is_ended(&shop, &second).await, "{headers:?} {body:.40}");
        if status != 204 {
            let refreshed = send("/auth/refresh", &headers[..headers.len() - 1]).await;
            assert_eq!(refreshed.body["errors"], out.body["errors"], "{body:.40}");
        }
    }
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn white_space_around_a_token_does_not_count() {
    let shop = Shop::open();
    let (_, mut token) = registered(&shop, "ann").await;
    for (before, after) in [(" ", ""), ("", "\r\n"), ("\t", "\n\n")] {
        let text = format!("{before}{}{after}", token.as_str().unwrap());
        token = refresh(&shop, &json!(text)).await.ok()["refresh_token"].clone();
    }
    let text = format!("\n{}\n", token.as_str().unwrap());
    shop.guest().post("/auth/logout", json!({ "refresh_token": text })).await.data(204);
    assert!(is_ended(&shop, &token).await);

    let (ben, _) = registered(&shop, "ben").await;
    let mailed = |path: &str| {
        let mails = shop.aws.mails_to(&ben.email);
        format!(" {}\r\n", mails.last().unwrap().link(path))
    };
    let proof = json!({ "token": mailed("verify-email") });
    shop.guest().post("/auth/email/verify", proof).await.data(204);
    shop.guest().post("/auth/password/forgot", json!({ "email": ben.email })).await.data(202);
    shop.drain_queues().await;
    let reset = json!({ "token": mailed("reset-password"), "new_password": ANOTHER });
    shop.guest().post("/auth/password/reset", reset).await.data(204);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_logout_by_an_older_token_ends_no_session() {
    // Somebody else may have the older token.
    let shop = Shop::open();
    let (_, first) = registered(&shop, "ann").await;
    let second = refresh(&shop, &first).await.ok()["refresh_token"].clone();
    let third = refresh(&shop, &second).await.ok()["refresh_token"].clone();
    shop.guest().post("/auth/logout", json!({ "refresh_token": first })).await.data(204);
    refresh(&shop, &third).await.ok();
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_user_with_a_verified_address_gets_no_further_link() {
    let shop = Shop::open();
    let ann = shop.shopper("ann").await;
    shop.drain_queues().await;
    let token = shop.aws.mails_to(&ann.email)[0].link("verify-email");
    shop.guest().post("/auth/email/verify", json!({ "token": token })).await.data(204);
    ann.call("POST", "/auth/email/resend", None).await.data(202);
    shop.drain_queues().await;
    assert_eq!(shop.mails(&ann.email), ["Welcome to the shop"]);
}

#[tokio::test(start_paused = true)]
async fn an_emptied_anonymous_cart_is_merged_too() {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 5)]).await;
    let ann = shop.member("ann", false).await;
    let guest = shop.guest_with_cart(&products[0]).await;
    guest.call("DELETE", &format!("/cart/items/{}", products[0]), None).await.ok();
    let answer = guest.post("/auth/login", login(&ann.email, PASSWORD)).await;
    answer.ok();
    assert!(answer.cookies.iter().any(|cookie| cookie.starts_with("cart=;")));
    ann.add_to_cart(&products[0], 1).await.ok();
}
