//! Every condition on a write is needed: without it, some test fails.
//!
//! A guard is one clause of a condition on one kind of item. To strip it, the test program runs itself again
//! with the guard's name in the environment. Every write then has that clause made true.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use testkit::{Guard, clauses, guards};

use crate::shop::world::WITHOUT_GUARD;
use crate::tree;

/// A clause that guards writes, and the tests of which at least one fails without it.
struct Needed {
    /// The kind of item, by the words of its keys.
    item: &'static str,
    clause: &'static str,
    by: &'static [&'static str],
}

const fn needed(item: &'static str, clause: &'static str, by: &'static [&'static str]) -> Needed {
    Needed { item, clause, by }
}

const ABSENT: &str = "attribute_not_exists(pk)";
const PRESENT: &str = "attribute_exists(pk)";
const ALIVE: &str = "(attribute_not_exists(expires_at) OR expires_at > :now)";
const ROOM: &str = "(#quantity <= :room OR (attribute_not_exists(#quantity) AND \
    (attribute_not_exists(products) OR size(products) < :most)))";
const OPEN: &str = "(attribute_not_exists(closing_until) OR closing_until < :now)";
const UNCLAIMED: &str = "(attribute_not_exists(owed.#mail.claimed) OR owed.#mail.claimed < :now)";

const GUARDS: &[Needed] = &[
    needed(
        "ADMINS COUNT",
        "admins > :one",
        &["areas::admin::admins::the_last_administrator_can_never_be_removed"],
    ),
    needed("CART", ROOM, &["areas::stores::shopping::a_cart_holds_99_of_50_products_and_no_more"]),
    needed(
        "CART",
        ALIVE,
        &["areas::cart::carts::an_anonymous_cart_lives_for_thirty_days_after_its_last_change"],
    ),
    needed(
        "CART",
        "NOT contains(#marks, :mark)",
        &["promises::faults::an_add_whose_answer_is_lost_counts_once"],
    ),
    needed(
        "CART",
        "attribute_exists(#quantity)",
        &["areas::cart::carts::an_unknown_line_is_missing_and_a_bad_quantity_is_refused"],
    ),
    needed(
        "CART",
        "attribute_not_exists(#others)",
        &["promises::variants::carts::a_product_names_a_line_of_a_cart_only_while_it_has_one"],
    ),
    needed("CART", PRESENT, &["areas::cart::carts::a_caller_cannot_choose_the_token_of_a_cart"]),
    needed("CART", ABSENT, &["areas::cart::carts::two_carts_merged_at_once_into_a_new_one_are_both_kept"]),
    needed(
        "CART",
        "version = :version",
        &["areas::cart::carts::a_cart_that_changes_after_it_was_priced_is_not_checked_out"],
    ),
    needed("CATEGORIES", PRESENT, &["areas::stores::shopping::a_product_is_refused_with_every_reason"]),
    needed(
        "CATEGORIES",
        OPEN,
        &["areas::catalogue::products::nothing_enters_a_category_while_it_is_deleted"],
    ),
    needed(
        "CATEGORIES",
        "version = :seen",
        &["areas::catalogue::products::concurrent_moves_of_categories_make_no_circle"],
    ),
    needed(
        "EMAIL LOGIN",
        ABSENT,
        &["areas::stores::shopping::one_of_many_registrations_with_one_address_succeeds"],
    ),
    needed(
        "EMAIL LOGIN",
        "version = :seen",
        &["areas::account::accounts::a_password_that_was_just_replaced_sets_no_new_one"],
    ),
    needed(
        "ERASURE",
        "due_at = :seen",
        &["promises::faults::one_of_two_concurrent_sweepers_sends_the_reminder"],
    ),
    needed(
        "KEYS KEY",
        "attribute_not_exists(pk) OR attribute_exists(expires_at)",
        &["areas::platform::keys::a_key_that_is_published_again_keeps_its_active_time"],
    ),
    needed(
        "LIMIT",
        "attribute_not_exists(hits) OR hits < :most",
        &["promises::limits::ten_of_fifty_concurrent_logins_on_fifty_instances_are_tried"],
    ),
    needed(
        "MOVEMENT",
        ABSENT,
        &["areas::catalogue::stock::a_movement_under_a_key_happens_once_even_if_answers_are_lost"],
    ),
    needed(
        "ORDER HEAD",
        "version = :seen",
        &["areas::orders::life::a_hundred_cancels_at_once_restock_and_refund_once"],
    ),
    needed(
        "ORDER HEAD",
        "due_at = :due_seen",
        &["promises::faults::a_sweeper_and_a_worker_that_race_keep_every_debt_in_the_index"],
    ),
    needed(
        "ORDER HEAD",
        "version = :version",
        &["promises::faults::a_sweeper_and_a_worker_that_race_keep_every_debt_in_the_index"],
    ),
    needed(
        "ORDER HEAD",
        "due_at = :seen",
        &["promises::faults::one_of_two_concurrent_sweepers_sends_the_reminder"],
    ),
    needed(
        "ORDER HEAD",
        "attribute_exists(owed.#mail)",
        &["promises::faults::a_mail_that_is_asked_for_many_times_is_sent_once"],
    ),
    needed("ORDER HEAD", UNCLAIMED, &["promises::faults::a_mail_that_is_asked_for_many_times_is_sent_once"]),
    needed(
        "ORDER SNAPSHOT",
        ABSENT,
        &["areas::orders::checkout::one_of_two_concurrent_requests_under_a_key_places_an_order"],
    ),
    needed(
        "PRODUCT PICTURES",
        ABSENT,
        &["areas::catalogue::images::ten_of_twenty_concurrent_images_get_an_upload_form"],
    ),
    needed(
        "PRODUCT PICTURES",
        "revision = :seen",
        &["areas::catalogue::images::ten_of_twenty_concurrent_images_get_an_upload_form"],
    ),
    needed(
        "PRODUCT PICTURES",
        "cover = :cover",
        &["areas::catalogue::thumbnails::a_row_shows_the_cover_at_the_time_of_its_write"],
    ),
    needed(
        "PRODUCT PICTURES",
        "attribute_not_exists(cover)",
        &["areas::catalogue::thumbnails::a_row_shows_the_cover_at_the_time_of_its_write"],
    ),
    needed(
        "PRODUCT",
        "version = :seen",
        &["areas::catalogue::products::concurrent_edits_do_not_undo_each_other"],
    ),
    needed(
        "PRODUCT STOCK",
        "on_hand >= :least",
        &["areas::catalogue::stock::a_seller_moves_stock_and_sees_the_movements"],
    ),
    needed(
        "PRODUCT STOCK",
        "on_hand <= :room",
        &["areas::catalogue::stock::a_seller_moves_stock_and_sees_the_movements"],
    ),
    needed(
        "PRODUCT STOCK",
        "on_hand = :expected",
        &["areas::catalogue::stock::a_seller_moves_stock_and_sees_the_movements"],
    ),
    needed(
        "PRODUCT STOCK",
        "on_hand > :none",
        &["promises::variants::rows::a_row_shows_the_stock_of_all_variants_at_the_time_of_its_write"],
    ),
    needed(
        "PRODUCT STOCK",
        "on_hand = :none",
        &["promises::variants::rows::a_row_shows_the_stock_of_all_variants_at_the_time_of_its_write"],
    ),
    needed(
        "PRODUCT STOCK",
        "on_hand >= :quantity",
        &["areas::orders::checkout::a_product_deleted_between_its_read_and_the_order_is_not_sold"],
    ),
    needed(
        "PRODUCT STOCK",
        "price = :price",
        &["areas::orders::checkout::an_order_costs_what_its_goods_cost_when_it_is_placed"],
    ),
    needed(
        "PRODUCT STOCK",
        "sellable = :yes",
        &["areas::orders::checkout::a_product_deleted_between_its_read_and_the_order_is_not_sold"],
    ),
    needed(
        "REVIEWER",
        ABSENT,
        &["areas::catalogue::reviews::two_hundred_concurrent_reviews_by_twenty_buyers_are_twenty"],
    ),
    needed(
        "SEARCH INDEX",
        ABSENT,
        &["areas::search::rebuilding::of_two_instances_that_make_an_index_the_slower_reads_again"],
    ),
    needed(
        "SEARCH INDEX",
        "version = :seen",
        &["areas::search::indexing::the_instance_that_loses_indexes_its_products_again"],
    ),
    needed(
        "STORE PICTURES",
        ABSENT,
        &["areas::catalogue::images::a_logo_that_is_published_while_the_next_one_is_offered_stays"],
    ),
    needed(
        "STORE PICTURES",
        "revision = :seen",
        &["areas::catalogue::images::a_logo_that_is_published_while_the_next_one_is_offered_stays"],
    ),
    needed(
        "STORE",
        "version = :seen",
        &["areas::stores::edits::one_of_several_stores_gets_a_name_and_no_name_is_lost"],
    ),
    needed(
        "UNIQUE CATEGORY UNIQUE",
        ABSENT,
        &["contract::matrix::every_caller_may_do_exactly_what_the_matrix_says"],
    ),
    needed(
        "UNIQUE LOOK CATEGORY UNIQUE",
        ABSENT,
        &["areas::stores::names::a_name_that_looks_like_another_is_taken"],
    ),
    needed(
        "UNIQUE LOOK STORE UNIQUE",
        ABSENT,
        &["areas::stores::names::one_of_several_lookalike_names_taken_at_once_is_given"],
    ),
    needed("UNIQUE SKU UNIQUE", ABSENT, &["areas::stores::shopping::a_product_is_refused_with_every_reason"]),
    needed(
        "UNIQUE STORE UNIQUE",
        ABSENT,
        &["areas::stores::shopping::a_user_has_one_store_and_a_name_belongs_to_one_store"],
    ),
    needed(
        "USER",
        PRESENT,
        &["areas::account::accounts::a_known_and_an_unknown_address_look_and_cost_the_same"],
    ),
    needed(
        "USER",
        "attribute_not_exists(store_id)",
        &["areas::stores::shopping::a_user_has_one_store_and_a_name_belongs_to_one_store"],
    ),
    needed(
        "USER",
        "version = :seen",
        &["areas::account::accounts::no_change_of_a_profile_undoes_another_at_the_same_time"],
    ),
    needed(
        "USER",
        "version = :version",
        &["areas::account::accounts::a_mail_owed_while_the_sweeper_gives_up_another_is_still_sent"],
    ),
    needed(
        "USER",
        "due_at = :seen",
        &["promises::faults::one_of_two_concurrent_sweepers_sends_the_reminder"],
    ),
    needed(
        "USER",
        "owed.#mail.claimed = :claimed",
        &["areas::account::accounts::a_link_asked_for_while_another_is_sent_is_sent_too"],
    ),
    needed(
        "USER",
        "size(owed) = :one",
        &["areas::account::accounts::a_mail_owed_while_another_is_sent_is_sent_too"],
    ),
    needed(
        "USER",
        "attribute_exists(owed.#mail)",
        &["areas::account::accounts::a_cancelled_change_of_address_sends_no_mail"],
    ),
    needed("USER", UNCLAIMED, &["promises::faults::a_mail_that_is_asked_for_many_times_is_sent_once"]),
    needed(
        "USER ADDRESSES",
        ABSENT,
        &["areas::account::addresses::ten_of_twenty_concurrent_addresses_are_kept"],
    ),
    needed(
        "USER ADDRESSES",
        "revision = :seen",
        &["areas::account::addresses::ten_of_twenty_concurrent_addresses_are_kept"],
    ),
    needed(
        "USER SESSIONS",
        "(attribute_not_exists(credential) OR credential = :credential)",
        &["areas::account::accounts::no_login_with_the_old_password_outlives_its_change"],
    ),
    needed(
        "USER SESSIONS",
        "(attribute_not_exists(ids) OR size(ids) < :most)",
        &["areas::account::accounts::an_eleventh_session_ends_the_oldest"],
    ),
    needed(
        "USER SESSIONS",
        "ids = :seen",
        &["areas::account::accounts::an_eleventh_session_ends_the_oldest"],
    ),
    needed(
        "USER SESSIONS",
        "credential = :credential",
        &["areas::account::accounts::a_changed_address_signs_in_after_concurrent_logins"],
    ),
    needed(
        "USER SESSIONS",
        "#session.h = :token",
        &["areas::account::accounts::an_older_refresh_token_ends_the_session_and_its_owner_is_told"],
    ),
    needed(
        "USER SESSIONS",
        "#session.e > :now",
        &["areas::account::accounts::a_session_ends_a_week_after_its_last_refresh"],
    ),
    needed(
        "USER SESSIONS",
        "#session.h = :token OR #session.p = :token",
        &["areas::account::accounts::a_logout_by_an_older_token_ends_no_session"],
    ),
    needed(
        "USER SESSIONS",
        "attribute_exists(#session)",
        &["areas::account::accounts::a_person_sees_and_ends_their_own_sessions_only"],
    ),
];

impl Needed {
    fn guard(&self) -> Guard {
        Guard { item: self.item.to_owned(), clause: self.clause.to_owned() }
    }

    /// Runs the tests that need this guard without it; returns the first one that fails.
    fn missed_by(&self) -> Option<String> {
        let program = std::env::current_exe().expect("this program");
        let fails = |test: &&&str| {
            let run = Command::new(&program)
                .args(["--exact", test])
                .env(WITHOUT_GUARD, self.guard().to_string())
                .output();
            let run = run.expect("this program runs");
            let said = String::from_utf8_lossy(&run.stdout);
            assert!(said.contains("running 1 test"), "there is no test {test}: {said}");
            !run.status.success()
        };
        self.by.iter().find(fails).map(|test| (*test).to_owned())
    }
}

/// Asserts that a write has only known guards.
pub fn are_known(request: &Value) {
    for found in guards(request) {
        let sandbox = found.item.starts_with("SANDBOX");
        assert!(
            sandbox || GUARDS.iter().any(|needed| needed.guard() == found),
            "no test is named that fails without {found}"
        );
    }
}

/// Strips these guards, one after another, and prints which test fails.
fn strip_each<'a>(guards: impl Iterator<Item = &'a Needed>) {
    let mut idle = Vec::new();
    for guard in guards {
        let missed_by = guard.missed_by();
        println!("{}\n    {}", guard.guard(), missed_by.as_deref().unwrap_or("no test fails"));
        if missed_by.is_none() {
            idle.push(guard.guard());
        }
    }
    assert!(idle.is_empty(), "{} guards are needed by no test: {idle:#?}", idle.len());
}

#[test]
fn each_of_a_few_guards_is_needed_by_a_test() {
    strip_each(GUARDS.iter().filter(|guard| ["PRODUCT STOCK", "ORDER HEAD"].contains(&guard.item)));
}

/// `cargo guards`
#[test]
#[ignore = "runs a test or more per guard: two minutes"]
fn each_guard_is_needed_by_a_test() {
    strip_each(GUARDS.iter());
}

#[test]
fn every_condition_in_table_is_a_guard_with_a_test() {
    let known: BTreeSet<_> = GUARDS.iter().map(|guard| guard.clause).collect();
    for path in tree::rust_files("shared/table") {
        let code = tree::read(&path).replace("\\\n", " ");
        for condition in code.split(".only_if(").skip(1).filter_map(literal) {
            for clause in clauses(&condition) {
                assert!(known.contains(clause), "{path}: no test is named that fails without {clause}");
            }
        }
    }
}

/// The string literal that code begins with, if it does.
fn literal(code: &str) -> Option<String> {
    let (text, _) = code.trim_start().strip_prefix('"')?.split_once('"')?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}
