//! Corrections, highlights, completions, and texts that nobody should send.

use search::{Found, Index, Sort, Wanted};

use crate::shop::Shop;
use crate::{ids, known, seeded};

fn of(text: &str) -> Wanted {
    Wanted { text: Some(text.to_owned()), sort: Sort::Relevance, ..Wanted::default() }
}

fn find(index: &Index, shop: &Shop, text: &str) -> Found {
    index.find(&of(text), &shop.categories(), None, 10).unwrap()
}

#[test]
fn a_text_that_finds_nothing_is_corrected() {
    let (shop, index) = known();
    for (text, meant) in [
        // Two errors in a word of five letters.
        ("tbael lmpa", Some("table lamp")),
        // A word like no other is left out.
        ("pendant lamp zzzzzzzz", Some("pendant lamp")),
        ("chandelire qqqqqqqq", Some("chandelier")),
        ("zzzzzzzz", None),
        ("zz", None),
        // Each word is known, but no product has both.
        ("chandelier shampoo", None),
    ] {
        let found = find(index, shop, text);
        assert_eq!((found.total, found.did_you_mean.as_deref()), (0, meant), "{text}");
        if let Some(meant) = meant {
            assert!(find(index, shop, meant).total > 0, "{meant}");
        }
    }
    assert_eq!(find(index, shop, "lamp").did_you_mean, None);
}

#[test]
fn highlights_are_counted_as_javascript_does() {
    let (shop, index) = known();
    let parts = |query: &str, text: &str| {
        let units: Vec<_> = text.encode_utf16().collect();
        let found = find(index, shop, query).understood.highlights(text);
        found.into_iter().map(|(from, to)| String::from_utf16(&units[from..to]).unwrap()).collect::<Vec<_>>()
    };
    // A lamp is two code units, and é can be two characters.
    assert_eq!(parts("table lamps", "💡💡 Table 💡Lamp, lamps"), ["Table", "Lamp", "lamps"]);
    assert_eq!(parts("creme", "A cre\u{300}me, Crème!"), ["cre\u{300}me", "Crème"]);
    assert_eq!(parts("turtlen", "Turtleneck turtle"), ["Turtleneck"]);
    assert_eq!(parts("tabel", "a table"), ["table"]);
    assert_eq!(parts("chefs knives", "Chef's Knife"), ["Chef's", "Knife"]);
    assert_eq!(parts("<b>lamp</b>", "<i>lamp</i>"), ["lamp"]);
    assert!(parts("lamp", "").is_empty());
    let offsets = find(index, shop, "lamp").understood.highlights("💡 lamp");
    assert_eq!(offsets, [(3, 7)]);
}

#[test]
fn a_search_box_is_completed() {
    let (shop, index) = known();
    let categories = shop.categories();
    let complete = |text: &str| index.complete(text, &categories, 10).unwrap();
    let named = |text: &str| {
        let products = complete(text).products.into_iter();
        let name = |id| shop.goods.iter().find(|goods| goods.id() == id).unwrap().name().to_owned();
        products.map(name).collect::<Vec<_>>()
    };
    let turtles = named("turtl");
    assert!(turtles.len() == 10 && turtles.iter().all(|name| name.contains("Turtleneck")), "{turtles:?}");
    assert_eq!(named("everest brass table l"), ["Everest Brass Table Lamp"]);
    assert_eq!(complete("lumo").brands, ["Lumora"]);
    assert_eq!(complete("bacKerei mü").brands, ["Bäckerei Müller"]);
    let categories = complete("knit").categories;
    assert!(categories.is_empty(), "{categories:?}");
    assert_eq!(complete("floor la").categories, [shop.category("Floor Lamps")]);
    assert_eq!(complete("women's clo").categories, [shop.category("Women's Clothing")]);
    for nothing in ["", " ", "?!", "zzzzzzzz"] {
        assert_eq!(complete(nothing), search::Completions::default(), "{nothing:?}");
    }
}

#[test]
fn no_text_makes_a_search_fail() {
    let (shop, index) = known();
    let categories = shop.categories();
    let long = "lamp ".repeat(2_000) + &"x".repeat(10_240);
    let accents = format!("e{}", "\u{301}".repeat(10_000));
    let texts = [
        &long,
        &accents,
        "a OR b AND NOT (c",
        "name:lamp^2 \"table lamp\"~3 [a TO b} {* TO *]",
        "*",
        "?",
        "\"",
        "\\",
        "+-&|!(){}[]^~:/",
        "lamp*",
        "-lamp",
        "field:",
        "/(a+)+$/",
        "💡 🛋️ 👩‍👩‍👧‍👦",
        "💡",
        "the of and",
        "a",
        "it's",
        "\0",
        "lamp\0table",
        "\u{1f}",
        "Colour\u{1f}Red",
        "مصباح أحمر",
        "\u{202e}pmal",
        "\u{200b}\u{200d}\u{feff}",
        "'''''",
        "\u{301}",
        "\u{fffd}",
        "\u{10ffff}",
        "ß",
        "İ",
        "ﬀ",
        "ǆ",
        "１２",
        "'; DROP TABLE products; --",
        "<script>alert(1)</script>",
        "%00",
        "${jndi:ldap://x}",
        "",
        " ",
        "\n\t",
    ];
    let mut rng = seeded();
    let random: Vec<String> =
        (0..100).map(|_| (0..rng.usize(1..40)).map(|_| rng.char(..)).collect()).collect();
    for text in texts.into_iter().chain(random.iter().map(String::as_str)) {
        for sort in [Sort::Relevance, Sort::Name] {
            let found = index.find(&Wanted { sort, ..of(text) }, &categories, None, 10).unwrap();
            found.understood.highlights(text);
            assert!(ids(&found).len() <= 10);
        }
        index.complete(text, &categories, 10).unwrap();
        let brand = Wanted { brand: Some(text.to_owned()), ..of("lamp") };
        index.find(&brand, &categories, None, 10).unwrap();
        let value = Wanted { values: vec![vec![(text.to_owned(), text.to_owned())]], ..Wanted::default() };
        index.find(&value, &categories, None, 10).unwrap();
    }
}

#[test]
fn a_text_without_words_finds_nothing_and_stop_words_find_something() {
    let (shop, index) = known();
    for text in ["", "?!", "💡", "\0"] {
        assert_eq!(find(index, shop, text).total, 0, "{text:?}");
    }
    assert!(find(index, shop, "the of").total > 0);
    assert_eq!(find(index, shop, "the lamp").total, find(index, shop, "lamp").total);
}
