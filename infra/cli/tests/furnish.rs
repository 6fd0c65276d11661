//! A shop is set up once, however often the commands run.
#![allow(clippy::unwrap_used, reason = "that is how a test fails")]

use std::path::Path;

use domain::account::email::TypedEmail;
use domain::catalogue::image::{Album, Subject, public_keys};
use domain::ids::{Id as _, ImageId};
use domain::text::Password;
use lambda::{Config, Connect as _};
use providers::Bucket;
use shop::{Error, Made, Seeded, examine, make_admin, seed};
use table::{Shelf, Table, Wanted};
use testkit::{Aws, Fault};

/// An empty table of the template.
async fn shop() -> (Aws, Table) {
    let aws = Aws::default();
    let template = Path::new("../../template.yaml");
    let table = aws.create_table_from_template(template, "Table");
    let variable = |name: &str| name.starts_with("AWS_").then(|| "test".to_owned());
    let config = Config::new(variable, aws.clock().clock(), aws.client_for("shop"));
    let config = config.with("TABLE_NAME", table).with("AWS_ENDPOINT_URL", "");
    let table = Table::connect(&config).await.unwrap();
    (aws, table)
}

fn email(text: &str) -> TypedEmail {
    text.parse().unwrap()
}

fn password(text: &str) -> Password {
    text.to_owned().try_into().unwrap()
}

#[tokio::test]
async fn an_administrator_is_made_once_and_keeps_the_password() {
    let (_, table) = shop().await;
    let ann = email("ann@example.com");
    assert_eq!(make_admin(&table, &ann, &password("correct horse")).await.unwrap(), Made::Now);
    assert_eq!(make_admin(&table, &ann, &password("battery staple")).await.unwrap(), Made::Before);
    let hash = table.typed_credential(&ann).await.unwrap().unwrap().password_hash;
    assert!(api::password::matches(password("correct horse"), Some(&hash)).await.unwrap());
}

#[tokio::test]
async fn an_address_of_another_alphabet_is_one_administrator_however_typed() {
    let (_, table) = shop().await;
    let right = password("correct horse");
    for (typed, expected) in
        [("ann@köln.de", Made::Now), ("Ann@Köln.de", Made::Before), ("ann@xn--kln-sna.de", Made::Before)]
    {
        assert_eq!(make_admin(&table, &email(typed), &right).await.unwrap(), expected, "{typed}");
    }
    seed(&table, None, &email("ann@köln.de"), |_, _| {}).await.unwrap();
    let odd = make_admin(&table, &email("a@*.com"), &right).await;
    assert!(matches!(odd, Err(Error::Invalid(_))), "{odd:?}");
}

#[tokio::test]
async fn the_catalogue_needs_an_owner_and_comes_once() {
    let (_, table) = shop().await;
    let ann = email("ann@example.com");
    assert!(matches!(seed(&table, None, &ann, |_, _| {}).await, Err(Error::NoOwner(_))));
    make_admin(&table, &ann, &password("correct horse")).await.unwrap();

    let mut seen = Vec::new();
    let seeded = seed(&table, None, &ann, |done, total| seen.push((done, total))).await.unwrap();
    assert_eq!(seeded, Seeded { categories: 24, products: 200, pictures: 0 });
    assert_eq!((seen.first(), seen.last()), (Some(&(0, 200)), Some(&(200, 200))));
    assert_eq!(seed(&table, None, &ann, |_, _| {}).await.unwrap(), Seeded::default());
    let newest = table.listed(&Wanted::all_of(Shelf::All), None, 100).await.unwrap();
    assert!(newest.rows.len() == 100 && newest.next.is_some());
    // Each category has its own products.
    let first = &newest.rows[0];
    let in_one = table.listed(&Wanted::all_of(Shelf::Category(first.category_id)), None, 100).await.unwrap();
    assert!(in_one.rows.len() == 10 && in_one.rows.contains(first), "{in_one:?}");
}

#[tokio::test]
async fn the_next_run_makes_what_a_broken_run_has_left_out() {
    let (aws, table) = shop().await;
    let ann = email("ann@example.com");
    make_admin(&table, &ann, &password("correct horse")).await.unwrap();
    aws.on(|call| match call.number {
        100.. => Fault::Refuse(400, "AccessDeniedException"),
        _ => Fault::None,
    });
    seed(&table, None, &ann, |_, _| {}).await.unwrap_err();
    aws.no_faults();
    let rest = seed(&table, None, &ann, |_, _| {}).await.unwrap();
    assert!(rest.categories == 0 && (1..200).contains(&rest.products), "{rest:?}");
    assert_eq!(seed(&table, None, &ann, |_, _| {}).await.unwrap(), Seeded::default());
}

#[tokio::test]
async fn a_new_shop_passes_the_doctor() {
    let (_, table) = shop().await;
    let ann = email("ann@example.com");
    make_admin(&table, &ann, &password("correct horse")).await.unwrap();
    seed(&table, None, &ann, |_, _| {}).await.unwrap();
    let looked_at = std::cell::Cell::new(0);
    let report = examine(&table, 1000, |so_far| looked_at.set(so_far.products)).await.unwrap();
    assert!(report.finished && report.findings.is_empty(), "{report}");
    assert_eq!((report.products, looked_at.get(), report.users), (200, 200, 1));
}

#[tokio::test]
async fn products_without_an_image_get_a_picture_that_lists_show() {
    let (aws, table) = shop().await;
    aws.create_bucket("Images", None);
    let bucket = Bucket::new(&aws.config_for("shop"), "Images".to_owned());
    let ann = email("ann@example.com");
    make_admin(&table, &ann, &password("correct horse")).await.unwrap();
    seed(&table, None, &ann, |_, _| {}).await.unwrap();
    let newest = table.listed(&Wanted::all_of(Shelf::All), None, 100).await.unwrap();
    let rest = table.listed(&Wanted::all_of(Shelf::All), newest.next.as_deref(), 100).await.unwrap();
    let all: Vec<_> = newest.rows.iter().chain(&rest.rows).map(|row| row.id).collect();
    assert_eq!(all.len(), 200);
    // The others have an image of their seller, because a picture takes long without optimisation.
    let (without, with) = all.split_at(2);
    for id in with {
        let offer = |album: &mut Album| album.offer(ImageId::from_bits(1), table.now());
        table.update_album(Subject::Product(*id), offer).await.unwrap().unwrap();
    }
    let pictures = Some(&bucket);
    let seeded = seed(&table, pictures, &ann, |_, _| {}).await.unwrap();
    assert_eq!(seeded, Seeded { categories: 0, products: 0, pictures: 2 });
    assert_eq!(seed(&table, pictures, &ann, |_, _| {}).await.unwrap(), Seeded::default());

    let newest = table.listed(&Wanted::all_of(Shelf::All), None, 100).await.unwrap();
    let covers: Vec<_> = newest.rows.iter().filter_map(|row| row.image).collect();
    let mut keys: Vec<_> = covers.iter().copied().flat_map(public_keys).collect();
    keys.sort();
    assert_eq!(covers.len(), without.len());
    assert_eq!(aws.objects("Images").into_keys().collect::<Vec<_>>(), keys);
    let report = examine(&table, 2000, |_| {}).await.unwrap();
    assert!(report.finished && report.findings.is_empty(), "{report}");
}
