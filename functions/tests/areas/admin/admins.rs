//! Administrators: accounts and roles.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::shop::people::{PASSWORD, Person, login};
use crate::shop::world::{Shop, together};

async fn set_admin(admin: &Person, user: &str, is_admin: bool) -> crate::shop::world::Answer {
    admin.call("PATCH", &format!("/admin/users/{user}"), Some(json!({ "is_admin": is_admin }))).await
}

#[tokio::test(start_paused = true)]
async fn an_administrator_opens_reads_and_deletes_accounts() {
    let shop = Shop::open();
    let admin = shop.member("admin", true).await;
    let account = json!({ "name": "Ben", "email": "Ben@example.com", "password": PASSWORD });
    let made = admin.post("/admin/users", account.clone()).await;
    let path = made.headers["location"].trim_start_matches("/api/v1").to_owned();
    assert_eq!(made.created()["roles"], json!(["buyer"]));
    admin.post("/admin/users", account).await.refused(409, &[("EMAIL_TAKEN", "email")]);
    assert_eq!(admin.get(&path).await.ok(), made.created());
    shop.drain_queues().await;
    assert_eq!(shop.mails("ben@example.com"), ["Welcome to the shop"]);
    shop.log_in("ben@example.com").await;

    admin.call("DELETE", &path, None).await.data(204);
    admin.call("DELETE", &path, None).await.refused(404, &[("NOT_FOUND", "")]);
    admin.get(&path).await.refused(404, &[("NOT_FOUND", "")]);
    shop.guest().post("/auth/login", login("ben@example.com", PASSWORD)).await.data(401);
    shop.drain_queues().await;
}

#[tokio::test(start_paused = true)]
async fn a_change_of_role_is_tried_again_when_a_mail_goes_out_meanwhile() {
    let shop = Shop::open();
    let admin = shop.member("admin", true).await;
    let account = json!({ "name": "Ben", "email": "ben@example.com", "password": PASSWORD });
    let made = admin.post("/admin/users", account).await.created()["id"].as_str().unwrap().to_owned();
    // The worker sends the welcome mail and writes the user between the change's read and its write.
    let mail = shop.drain_queues();
    let (changed, ()) =
        shop.meanwhile(("USER#", "version = :seen"), set_admin(&admin, &made, true), mail).await;
    assert_eq!(changed.ok()["roles"], json!(["buyer", "admin"]));
}

#[tokio::test(start_paused = true)]
async fn walking_the_pages_shows_every_user_once_newest_first() {
    let shop = Shop::open();
    let admin = shop.member("admin", true).await;
    for number in 0..23 {
        shop.clock.advance(std::time::Duration::from_millis(number % 3));
        shop.member(&format!("user{number}"), false).await;
    }
    for limit in [1, 5, 24, 100] {
        let (mut seen, mut path) = (Vec::new(), format!("/admin/users?limit={limit}"));
        loop {
            let page = admin.get(&path).await;
            let users = page.ok().as_array().unwrap().clone();
            assert!(users.len() <= limit);
            seen.extend(users.iter().map(|user| (user["created_at"].to_string(), user["id"].to_string())));
            let Some(next) = page.body["meta"]["pagination"]["next_cursor"].as_str() else { break };
            path = format!("/admin/users?limit={limit}&cursor={next}");
        }
        let all: BTreeSet<_> = seen.iter().collect();
        assert_eq!((seen.len(), all.len()), (24, 24), "limit {limit}");
        assert!(seen.is_sorted_by(|left, right| left > right));
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_is_effective_at_the_next_refresh_and_a_lost_one_at_once() {
    let shop = Shop::open();
    let admin = shop.member("admin", true).await;
    let ben = shop.member("ben", false).await;
    let signed_in = shop.guest().post("/auth/login", login(&ben.email, PASSWORD)).await;
    let refresh = async |token: &Value| {
        let answer = shop.guest().post("/auth/refresh", json!({ "refresh_token": token })).await;
        let access = answer.ok()["access_token"].as_str().unwrap().to_owned();
        let headers = [("authorization".to_owned(), format!("Bearer {access}"))];
        let listed = shop
            .guest()
            .call_with(
                "GET",
                "/admin/users",
                &headers.each_ref().map(|(name, value)| (name.as_str(), value.as_str())),
                None,
            )
            .await;
        (answer.ok()["refresh_token"].clone(), listed.status)
    };
    let (token, status) = refresh(&signed_in.ok()["refresh_token"]).await;
    assert_eq!(status, 403);
    assert_eq!(set_admin(&admin, &ben.id, true).await.ok()["roles"], json!(["buyer", "admin"]));
    let (token, status) = refresh(&token).await;
    assert_eq!(status, 200);
    let promoted = shop.log_in(&ben.email).await;
    set_admin(&admin, &ben.id, false).await.ok();
    // The access token still says so, but the table does not.
    promoted.get("/admin/users").await.refused(403, &[("FORBIDDEN", "")]);
    assert_eq!(refresh(&token).await.1, 403);
}

#[tokio::test(start_paused = true)]
async fn the_last_administrator_can_never_be_removed() {
    for seed in 0..8 {
        let shop = Shop::open();
        let mut admins = Vec::new();
        for number in 0..4 {
            admins.push(shop.member(&format!("admin{number}"), true).await);
        }
        shop.aws.interleave_by(seed);
        // Each one takes the next one's rights, and leaves.
        let demotions = (0..4).map(|number| {
            let (admin, next) = (&admins[number], &admins[(number + 1) % 4].id);
            async move { set_admin(admin, next, false).await.status }
        });
        let departures = admins.iter().map(|admin| async {
            admin.call("DELETE", "/users/me", Some(json!({ "password": PASSWORD }))).await.status
        });
        let (demoted, left) = tokio::join!(together(demotions), together(departures));
        assert!(
            demoted.iter().chain(&left).all(|status| [200, 204, 401, 403, 404, 409, 503].contains(status)),
            "{demoted:?} {left:?}"
        );
        let mut admins_left = 0;
        for admin in &admins {
            let user = shop.table().user_now(admin.id.parse().unwrap()).await.unwrap();
            admins_left += usize::from(user.is_some_and(|user| user.is_admin));
        }
        assert!(admins_left >= 1, "seed {seed}");
        let count = shop.aws.items("Table").into_iter().find(|item| item["pk"]["S"] == "ADMINS").unwrap();
        assert_eq!(count["admins"]["N"], admins_left.to_string(), "seed {seed}");
        shop.drain_queues().await;
    }
}
