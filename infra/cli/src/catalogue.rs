//! The products of the demo store: 4 departments of 5 ranges, each with 5 models in 2 finishes. The 30
//! products of three ranges have one, two and three options.

use domain::money::Minor;

use crate::pictures::Sitter;

/// A category that holds categories.
pub(crate) struct Department {
    pub(crate) name: &'static str,
    pub(crate) ranges: &'static [Range],
}

/// A category that holds products.
pub(crate) struct Range {
    pub(crate) name: &'static str,
    /// The noun in a product's name, after the model's name.
    noun: &'static str,
    /// The prefix of an SKU, before the running number.
    sku: &'static str,
    /// Models with their prices, in whole units of the currency.
    models: [(&'static str, Minor); 5],
    finishes: [&'static str; 2],
    /// The options of its products, each value with what it adds to the price, in whole units.
    options: &'static [Choice],
}

/// An option with its values.
type Choice = (&'static str, &'static [(&'static str, Minor)]);

/// One product.
pub(crate) struct Item {
    /// The index of its category among all.
    pub(crate) category: usize,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) sitter: Sitter,
    pub(crate) options: &'static [Choice],
    /// One without options, or one for each combination of values.
    pub(crate) variants: Vec<Variant>,
}

/// One variant.
pub(crate) struct Variant {
    /// The value of each option.
    pub(crate) values: Vec<(&'static str, &'static str)>,
    pub(crate) sku: String,
    pub(crate) price: Minor,
    pub(crate) stock: i64,
}

/// All products, in a fixed order: a product's id is made from its index.
pub(crate) fn items() -> Vec<Item> {
    let mut items = Vec::new();
    let mut category = 0;
    for department in DEPARTMENTS {
        for range in department.ranges {
            category += 1;
            for (model, price) in range.models {
                for finish in range.finishes {
                    items.push(item(category, range, model, finish, price, items.len()));
                }
            }
        }
        category += 1;
    }
    items
}

fn item(
    category: usize,
    range: &Range,
    model: &'static str,
    finish: &'static str,
    price: Minor,
    place: usize,
) -> Item {
    let Range { noun, sku, options, .. } = *range;
    let sku = format!("{sku}-{:02}", place % 10 + 1);
    Item {
        category,
        name: format!("{model} {noun}, {finish}"),
        description: format!(
            "The {model} {noun} in {finish}. Made to be repaired: every part can be ordered."
        ),
        sitter: Sitter { noun, model, finish },
        options,
        variants: variants(options, &sku, price, place),
    }
}

/// A variant for each combination of values, the first value of each option first.
fn variants(options: &'static [Choice], sku: &str, price: Minor, place: usize) -> Vec<Variant> {
    let mut combinations = vec![(Vec::new(), price)];
    for (name, values) in options {
        let longer = |(chosen, price): &(Vec<_>, Minor)| {
            let longer = |(value, more): &(&'static str, Minor)| {
                let chosen = chosen.iter().copied().chain([(*name, *value)]);
                (chosen.collect::<Vec<_>>(), price + more)
            };
            values.iter().map(longer).collect::<Vec<_>>()
        };
        combinations = combinations.iter().flat_map(longer).collect();
    }
    let is_plain = options.is_empty();
    let variant = |(number, (values, price)): (usize, (Vec<_>, Minor))| Variant {
        values,
        sku: if is_plain { sku.to_owned() } else { format!("{sku}-{}", number + 1) },
        // 49 becomes 48.90.
        price: price * 100 - 10,
        // From 0 to 46 units, so that a few are sold out.
        stock: i64::try_from((place + number) * 7 % 47).unwrap_or_default(),
    };
    combinations.into_iter().enumerate().map(variant).collect()
}

/// All departments.
pub(crate) const DEPARTMENTS: &[Department] = &[
    Department {
        name: "Lighting",
        ranges: &[
            Range {
                name: "Desk lamps",
                noun: "desk lamp",
                sku: "DSK",
                models: [("Arc", 49), ("Bow", 39), ("Crane", 79), ("Folio", 29), ("Node", 59)],
                finishes: ["black", "brass"],
                options: &[],
            },
            Range {
                name: "Floor lamps",
                noun: "floor lamp",
                sku: "FLR",
                models: [("Heron", 129), ("Mast", 99), ("Reed", 89), ("Sail", 149), ("Tripod", 119)],
                finishes: ["oak", "walnut"],
                options: &[],
            },
            Range {
                name: "Pendant lights",
                noun: "pendant",
                sku: "PND",
                models: [("Bell", 69), ("Cone", 59), ("Drop", 79), ("Halo", 159), ("Orb", 89)],
                finishes: ["opal glass", "smoked glass"],
                options: &[],
            },
            Range {
                name: "Wall lights",
                noun: "wall light",
                sku: "WLL",
                models: [("Dash", 45), ("Half Moon", 55), ("Ledge", 65), ("Pivot", 75), ("Strip", 35)],
                finishes: ["white", "graphite"],
                options: &[],
            },
            Range {
                name: "Bulbs",
                noun: "bulb",
                sku: "BLB",
                models: [("Candle", 6), ("Globe", 9), ("Filament", 12), ("Reflector", 8), ("Tube", 14)],
                finishes: ["2700 K", "4000 K"],
                options: &[],
            },
        ],
    },
    Department {
        name: "Furniture",
        ranges: &[
            Range {
                name: "Chairs",
                noun: "chair",
                sku: "CHR",
                models: [("Alder", 119), ("Bistro", 89), ("Cradle", 199), ("Miller", 149), ("Perch", 79)],
                finishes: ["ash", "black"],
                options: &[],
            },
            Range {
                name: "Tables",
                noun: "table",
                sku: "TBL",
                models: [("Barn", 499), ("Drum", 189), ("Gather", 649), ("Nest", 159), ("Trestle", 349)],
                finishes: ["oak", "walnut"],
                options: &[],
            },
            Range {
                name: "Shelves",
                noun: "shelf",
                sku: "SHF",
                models: [("Grid", 229), ("Ladder", 139), ("Rail", 59), ("Stack", 99), ("String", 179)],
                finishes: ["birch", "white"],
                options: &[
                    ("Width", &[("60 cm", 0), ("90 cm", 40)]),
                    ("Height", &[("120 cm", 0), ("180 cm", 60)]),
                    ("Back", &[("Open", 0), ("Closed", 25)]),
                ],
            },
            Range {
                name: "Sofas",
                noun: "sofa",
                sku: "SOF",
                models: [("Cove", 1299), ("Dune", 1099), ("Harbour", 1499), ("Loft", 899), ("Meadow", 999)],
                finishes: ["grey wool", "green velvet"],
                options: &[("Seats", &[("Two", 0), ("Three", 300)]), ("Legs", &[("Oak", 0), ("Steel", 40)])],
            },
            Range {
                name: "Storage",
                noun: "cabinet",
                sku: "CAB",
                models: [
                    ("Apothecary", 389),
                    ("Hall", 259),
                    ("Locker", 199),
                    ("Media", 449),
                    ("Tambour", 599),
                ],
                finishes: ["oak", "sage"],
                options: &[],
            },
        ],
    },
    Department {
        name: "Kitchen",
        ranges: &[
            Range {
                name: "Cups",
                noun: "cup",
                sku: "CUP",
                models: [("Dawn", 14), ("Espresso", 11), ("Mug", 16), ("Tumbler", 12), ("Two-hand", 19)],
                finishes: ["sand glaze", "sea glaze"],
                options: &[],
            },
            Range {
                name: "Plates",
                noun: "plate",
                sku: "PLT",
                models: [("Bread", 13), ("Dinner", 22), ("Lunch", 18), ("Oval", 29), ("Soup", 20)],
                finishes: ["sand glaze", "sea glaze"],
                options: &[],
            },
            Range {
                name: "Pans",
                noun: "pan",
                sku: "PAN",
                models: [("Crêpe", 49), ("Frying", 69), ("Grill", 79), ("Sauté", 99), ("Wok", 89)],
                finishes: ["cast iron", "carbon steel"],
                options: &[],
            },
            Range {
                name: "Knives",
                noun: "knife",
                sku: "KNF",
                models: [("Bread", 69), ("Chef's", 99), ("Fillet", 79), ("Paring", 39), ("Utility", 49)],
                finishes: ["beech handle", "olive handle"],
                options: &[],
            },
            Range {
                name: "Textiles",
                noun: "cloth",
                sku: "TXT",
                models: [("Apron", 39), ("Glass", 12), ("Runner", 34), ("Table", 59), ("Tea", 15)],
                finishes: ["indigo linen", "natural linen"],
                options: &[],
            },
        ],
    },
    Department {
        name: "Outdoors",
        ranges: &[
            Range {
                name: "Lanterns",
                noun: "lantern",
                sku: "LNT",
                models: [("Beacon", 49), ("Camp", 59), ("Keeper", 69), ("Path", 35), ("Storm", 45)],
                finishes: ["galvanised", "rust red"],
                options: &[],
            },
            Range {
                name: "Garden chairs",
                noun: "garden chair",
                sku: "GCH",
                models: [("Deck", 89), ("Folding", 59), ("Lounger", 219), ("Rocking", 179), ("Sling", 109)],
                finishes: ["teak", "white steel"],
                options: &[],
            },
            Range {
                name: "Planters",
                noun: "planter",
                sku: "PLN",
                models: [("Bowl", 39), ("Column", 79), ("Cube", 49), ("Trough", 69), ("Urn", 99)],
                finishes: ["terracotta", "zinc"],
                options: &[],
            },
            Range {
                name: "Fire bowls",
                noun: "fire bowl",
                sku: "FIR",
                models: [("Basin", 149), ("Brazier", 189), ("Hearth", 249), ("Ring", 129), ("Spark", 99)],
                finishes: ["corten steel", "black steel"],
                options: &[],
            },
            Range {
                name: "Blankets",
                noun: "blanket",
                sku: "BLK",
                models: [("Alpine", 119), ("Beach", 69), ("Camp", 79), ("Hammock", 89), ("Picnic", 59)],
                finishes: ["heather", "moss"],
                options: &[("Size", &[("Single", 0), ("Double", 45), ("King", 70)])],
            },
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_demo_has_200_products_with_unique_names_and_skus() {
        let items = items();
        let names: BTreeSet<_> = items.iter().map(|item| &item.name).collect();
        let variants: Vec<_> = items.iter().flat_map(|item| &item.variants).collect();
        let skus: BTreeSet<_> = variants.iter().map(|variant| &variant.sku).collect();
        assert_eq!((items.len(), names.len(), variants.len(), skus.len()), (200, 200, 320, 320));
        for count in 1..=3 {
            let items = items.iter().filter(|item| item.options.len() == count);
            assert_eq!(items.count(), 10, "with {count} options");
        }
        let categories: usize = DEPARTMENTS.iter().map(|department| 1 + department.ranges.len()).sum();
        assert_eq!((categories, items.last().map(|item| item.category)), (24, Some(23)));
    }
}
