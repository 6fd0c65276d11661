//! Money: whole minor units and a currency. There are no floats, and all arithmetic is checked.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::Schema;
use crate::invalid::{INVALID, Invalid, OUT_OF_RANGE};

/// Minor units (cents) of the deployment's one currency.
pub type Minor = i64;

/// The highest price of one unit of a product: 10 thousand million dollars. 50 lines of 99 such units, with
/// tax, are far below `i64::MAX` and exact in a JavaScript number.
pub const MOST_PRICE: Minor = 1_000_000_000_000;

/// An ISO 4217 code, e.g. `USD`. It is trimmed, and lower case is folded.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The digits of the minor unit (ISO 4217, list one).
    fn digits(self) -> u8 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF"
            | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        match <[u8; 3]>::try_from(text.trim().to_ascii_uppercase().as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(Invalid::new(INVALID, "must be an ISO 4217 code such as USD")),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.to_string()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| fmt::Write::write_char(f, char::from(*byte)))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for Currency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Z]{3}$" })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// An amount with limits: `PriceLimit(0)` is from 0 to [`MOST_PRICE`].
macro_rules! amounts {
    ($($(#[$doc:meta])* $name:ident($least:literal))*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[serde(try_from = "i64")]
        pub struct $name(Minor);

        impl $name {
            /// The amount.
            pub fn get(self) -> Minor {
                self.0
            }
        }

        impl TryFrom<i64> for $name {
            type Error = Invalid;

            fn try_from(amount: i64) -> Result<Self, Invalid> {
                match amount {
                    $least..=MOST_PRICE => Ok(Self(amount)),
                    _ => Err(Invalid::new(OUT_OF_RANGE, format!("must be from {} to {MOST_PRICE}", $least))),
                }
            }
        }

        #[cfg(feature = "openapi")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "integer", "minimum": $least, "maximum": MOST_PRICE })
            }

            fn inline_schema() -> bool {
                true
            }
        }
    )*};
}

amounts! {
    /// An end of a price range, in minor units of the deployment's currency: 0 to [`MOST_PRICE`].
    PriceLimit(0)
    /// The price of one unit, in minor units: 1 to [`MOST_PRICE`].
    PriceAmount(1)
}

/// The price of one unit of a product in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Schema)]
#[serde(deny_unknown_fields, expecting = "an object such as {\"amount\": 1999, \"currency\": \"USD\"}")]
pub struct Price {
    /// Minor units.
    amount: PriceAmount,
    /// The currency of the shop.
    currency: Currency,
}

impl Price {
    /// The price in minor units. Refuses another currency than the deployment's, as a fault of the field
    /// `currency`.
    pub fn minor(self, currency: Currency) -> Result<Minor, Invalid> {
        match self.currency == currency {
            true => Ok(self.amount.get()),
            false => Err(Invalid::new(INVALID, format!("must be {currency}"))),
        }
    }
}

/// An amount in requests and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields, expecting = "an object such as {\"amount\": 1999, \"currency\": \"USD\"}")]
pub struct Money {
    /// Minor units.
    #[serde(deserialize_with = "exact")]
    #[schemars(range(min = -9_007_199_254_740_991_i64, max = 9_007_199_254_740_991_i64))]
    pub amount: Minor,
    /// The currency.
    pub currency: Currency,
}

/// Reads an amount that a JavaScript number holds exactly; all amounts of the shop are in that range.
fn exact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Minor, D::Error> {
    const MOST: Minor = (1 << 53) - 1;
    let amount = Minor::deserialize(deserializer)?;
    let range = || Invalid::new(OUT_OF_RANGE, format!("must be from -{MOST} to {MOST}"));
    (-MOST..=MOST).contains(&amount).then_some(amount).ok_or_else(|| D::Error::custom(range()))
}

impl fmt::Display for Money {
    /// `USD 85.40`, for mails.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.currency.digits();
        let unit = 10_u64.pow(digits.into());
        let (whole, part) = (self.amount.unsigned_abs() / unit, self.amount.unsigned_abs() % unit);
        let sign = if self.amount < 0 { "-" } else { "" };
        match digits {
            0 => write!(f, "{} {sign}{whole}", self.currency),
            _ => write!(f, "{} {sign}{whole}.{part:0width$}", self.currency, width = digits.into()),
        }
    }
}

/// A total does not fit an `i64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the total is too large")]
pub struct Overflow;

/// Tax and shipping fees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// The currency of every amount in the deployment.
    pub currency: Currency,
    /// Tax in basis points of the discounted subtotal: 1800 is 18 %.
    pub tax_basis_points: u32,
    /// The flat shipping fee of an order, in minor units.
    pub shipping: Minor,
    /// Shipping is free from this discounted subtotal on, in minor units; 0 means never.
    pub free_shipping_from: Minor,
}

/// What an order costs, in minor units: `total = subtotal − discount + tax + shipping`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// The sum of the lines.
    pub subtotal: Minor,
    /// The amount taken off.
    pub discount: Minor,
    /// The tax.
    pub tax: Minor,
    /// The shipping fee.
    pub shipping: Minor,
    /// The amount that is charged.
    pub total: Minor,
}

impl Fees {
    /// The totals of lines, each given as (unit price, quantity).
    pub fn totals(&self, lines: impl IntoIterator<Item = (Minor, u32)>) -> Result<Totals, Overflow> {
        let subtotal = lines.into_iter().try_fold(0_i64, |sum, (price, quantity)| {
            price.checked_mul(i64::from(quantity)).and_then(|line| sum.checked_add(line)).ok_or(Overflow)
        })?;
        let discount = 0;
        let net = subtotal.checked_sub(discount).ok_or(Overflow)?;
        let tax = half_even(net, self.tax_basis_points).ok_or(Overflow)?;
        let free = self.free_shipping_from > 0 && net >= self.free_shipping_from;
        let shipping = if free || subtotal == 0 { 0 } else { self.shipping };
        let total = net.checked_add(tax).and_then(|sum| sum.checked_add(shipping)).ok_or(Overflow)?;
        Ok(Totals { subtotal, discount, tax, shipping, total })
    }

    /// An amount with the deployment's currency.
    pub fn money(&self, amount: Minor) -> Money {
        Money { amount, currency: self.currency }
    }
}

/// `amount × basis points`, rounded half to even.
fn half_even(amount: Minor, basis_points: u32) -> Option<Minor> {
    let product = i128::from(amount) * i128::from(basis_points);
    let (quotient, rest) = (product.div_euclid(10_000), product.rem_euclid(10_000));
    let up = rest > 5_000 || (rest == 5_000 && quotient % 2 != 0);
    i64::try_from(quotient + i128::from(up)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn fees() -> Fees {
        let currency = Currency::try_from("USD".to_owned()).unwrap();
        Fees { currency, tax_basis_points: 1800, shipping: 5000, free_shipping_from: 0 }
    }

    #[test]
    fn a_total_is_subtotal_and_tax_and_shipping() {
        let totals = fees().totals([(15_00, 2)]).unwrap();
        assert_eq!(totals, Totals { subtotal: 30_00, discount: 0, tax: 5_40, shipping: 50_00, total: 85_40 });
    }

    #[test]
    fn an_amount_has_as_many_digits_as_its_currency() {
        let told = |amount, currency: &str| {
            let currency = currency.to_owned().try_into().unwrap();
            Money { amount, currency }.to_string()
        };
        assert_eq!(told(85_40, "USD"), "USD 85.40");
        assert_eq!(told(-5, "EUR"), "EUR -0.05");
        assert_eq!(told(1200, "JPY"), "JPY 1200");
        assert_eq!(told(1_234, "KWD"), "KWD 1.234");
    }

    #[test]
    fn tax_rounds_half_to_even() {
        for (net, tax) in [(25, 4), (75, 14), (125, 22), (0, 0), (1, 0), (3, 1)] {
            assert_eq!(half_even(net, 1800), Some(tax), "{net}");
        }
    }

    #[test]
    fn shipping_is_free_from_the_threshold_on() {
        let fees = Fees { free_shipping_from: 100_00, ..fees() };
        assert_eq!(fees.totals([(99_99, 1)]).unwrap().shipping, 50_00);
        assert_eq!(fees.totals([(100_00, 1)]).unwrap().shipping, 0);
    }

    #[test]
    fn a_total_beyond_i64_is_an_error() {
        assert_eq!(fees().totals([(i64::MAX, 1)]), Err(Overflow));
        assert_eq!(fees().totals([(i64::MAX / 2, 3)]), Err(Overflow));
        assert_eq!(fees().totals([(i64::MAX, 1), (1, 1)]), Err(Overflow));
    }

    proptest! {
        #[test]
        fn totals_add_up_exactly_or_are_refused(
            // Prices of a shop, and far higher ones.
            lines in prop_oneof![
                vec((1..=MOST_PRICE, 1..=99_u32), 0..=50),
                vec((0..=i64::MAX, 0..=1_000_000_u32), 0..=3),
            ],
            tax_basis_points in prop_oneof![0..=10_000_u32, any::<u32>()],
            shipping in prop_oneof![0..=1_000_000_i64, 0..=i64::MAX],
            free_shipping_from in prop_oneof![Just(0), 0..=i64::MAX],
        ) {
            let fees = Fees { tax_basis_points, shipping, free_shipping_from, ..fees() };
            let amounts = lines.iter().map(|(price, quantity)| i128::from(*price) * i128::from(*quantity));
            let subtotal: i128 = amounts.sum();
            // The tax, times 10,000.
            let exact = subtotal * i128::from(tax_basis_points);
            let free_from = i128::from(free_shipping_from);
            let is_free = subtotal == 0 || (free_from > 0 && subtotal >= free_from);
            let charged = if is_free { 0 } else { shipping };
            let Ok(totals) = fees.totals(lines) else {
                // Rounding changes the tax by at most half a unit, so no total that fits is refused.
                let least = subtotal + exact / 10_000 + i128::from(charged);
                prop_assert!(least + 1 > i128::from(i64::MAX));
                return Ok(());
            };
            let Totals { discount, tax, total, .. } = totals;
            prop_assert_eq!((i128::from(totals.subtotal), discount, totals.shipping), (subtotal, 0, charged));
            let added = i128::from(tax) + i128::from(charged);
            prop_assert_eq!(i128::from(total), subtotal - i128::from(discount) + added);
            let rounded_by = (i128::from(tax) * 10_000 - exact).abs();
            prop_assert!(rounded_by < 5_000 || (rounded_by == 5_000 && tax % 2 == 0), "{} of {}", tax, exact);
        }

        #[test]
        fn no_allowed_cart_overflows_a_total(
            lines in vec((1..=MOST_PRICE, 1..=99_u32), 1..=50),
            tax_basis_points in 0..=8_000_u32,
            shipping in 0..=MOST_PRICE,
        ) {
            let fees = Fees { tax_basis_points, shipping, ..fees() };
            // Every amount is also exact in a JavaScript number.
            prop_assert!(fees.totals(lines).is_ok_and(|totals| totals.total < 1 << 53));
        }
    }

    #[test]
    fn money_reads_as_people_write_it() {
        assert_eq!(fees().money(85_40).to_string(), "USD 85.40");
    }
}
