//! The choice between the variants of a product, as links.

use domain::catalogue::Stock;
use domain::catalogue::assortment::Assortment;
use domain::ids::VariantId;
use serde::Serialize;

/// An option with its values.
#[derive(Debug, Serialize)]
pub struct Choice {
    name: String,
    values: Vec<ChoiceValue>,
}

/// A value of an option, and the variant to which its link leads.
#[derive(Debug, Serialize)]
struct ChoiceValue {
    name: String,
    variant: VariantId,
    /// Whether the shown variant has it.
    chosen: bool,
    /// Whether the variant differs from the shown one in this value alone.
    variant_fits: bool,
    in_stock: bool,
}

/// The variant that a page shows: the asked one, or else the first that is in stock, or else the first.
pub fn shown(assortment: &Assortment, asked: Option<VariantId>) -> Option<&Stock> {
    let asked = asked.and_then(|asked| assortment.active().find(|stock| stock.variant_id() == asked));
    let in_stock = || assortment.active().find(|stock| stock.available() > 0);
    asked.or_else(in_stock).or_else(|| assortment.active().next())
}

/// The options of a product. A value leads to the variant that differs from the shown one in this value
/// alone; if it is not sold, to the first variant with this value. A value that no variant has is left out.
pub fn choices(assortment: &Assortment, shown: &Stock) -> Vec<Choice> {
    let options = assortment.product.options.all().iter();
    let choices = options.map(|option| {
        let own = |id: &u32| option.values.iter().any(|value| value.id == *id);
        let values = option.values.iter().filter_map(|value| {
            let has = |stock: &&Stock| stock.values.contains(&value.id);
            let fits = |stock: &&Stock| {
                has(stock) && shown.values.iter().all(|id| own(id) || stock.values.contains(id))
            };
            let (near, any) = (assortment.active().find(fits), assortment.active().find(has));
            let leads_to = near.or(any)?;
            Some(ChoiceValue {
                name: value.name.to_string(),
                variant: leads_to.variant_id(),
                chosen: shown.values.contains(&value.id),
                variant_fits: near.is_some(),
                in_stock: leads_to.available() > 0,
            })
        });
        Choice { name: option.name.to_string(), values: values.collect() }
    });
    choices.collect()
}
