//! Checks the template's parameters that a developer gives, before anything is built.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::Error;

/// The similarity of two names, from 0 to 1, from which one may be a misspelling of the other.
const ALIKE: f64 = 0.8;
/// The most suggested names.
const SUGGESTIONS: usize = 3;

#[derive(Deserialize)]
struct Template {
    #[serde(rename = "Parameters", default)]
    parameters: BTreeMap<String, Parameter>,
}

/// CloudFormation's limits of a value. The deployment checks patterns.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    #[serde(rename = "Type")]
    kind: String,
    allowed_values: Option<Vec<String>>,
    min_value: Option<f64>,
    max_value: Option<f64>,
}

/// Refuses a name that the template does not have, and suggests the nearest ones; refuses a value that the
/// parameter does not accept.
pub fn check(template: &Path, given: &[(String, String)]) -> Result<(), Error> {
    let text =
        std::fs::read_to_string(template).map_err(Error::io(format!("read {}", template.display())))?;
    let known: Template = yaml_serde::from_str(&text)
        .map_err(|error| Error::Deploy(format!("{} is not a template: {error}", template.display())))?;
    for (name, value) in given {
        let Some(parameter) = known.parameters.get(name) else {
            return Err(Error::Deploy(unknown(name, known.parameters.keys())));
        };
        if let Some(wanted) = parameter.refuses(value) {
            return Err(Error::Deploy(format!("the parameter {name} takes {wanted}, and not \"{value}\"")));
        }
    }
    Ok(())
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> String {
    let given = name.to_lowercase();
    let likeness = |known: &String| {
        let known = known.to_lowercase();
        let part = given.len() > 2 && (known.contains(&given) || given.contains(&known));
        if part { 1.0 } else { strsim::jaro_winkler(&given, &known) }
    };
    let mut all: Vec<_> = known.map(|known| (likeness(known), known.as_str())).collect();
    all.sort_by(|one, other| other.0.total_cmp(&one.0));
    let near: Vec<_> = all
        .iter()
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .map(|(_, name)| *name)
        .take(SUGGESTIONS)
        .collect();
    if near.is_empty() {
        all.sort_by_key(|(_, name)| *name);
        let names: Vec<_> = all.iter().map(|(_, name)| *name).collect();
        return format!("the template has no parameter {name}; it has {}", names.join(", "));
    }
    format!("the template has no parameter {name}: did you mean {}?", near.join(" or "))
}

impl Parameter {
    /// The accepted values, if this is not one of them.
    fn refuses(&self, value: &str) -> Option<String> {
        if let Some(allowed) = &self.allowed_values {
            return (!allowed.iter().any(|one| one == value)).then(|| allowed.join(" or "));
        }
        if self.kind != "Number" {
            return None;
        }
        let (least, most) = (self.min_value.unwrap_or(f64::MIN), self.max_value.unwrap_or(f64::MAX));
        let fits = value.parse::<f64>().is_ok_and(|number| (least..=most).contains(&number));
        let wanted = match (self.min_value, self.max_value) {
            (Some(least), Some(most)) => format!("a number from {least} to {most}"),
            (Some(least), None) => format!("a number of at least {least}"),
            (None, Some(most)) => format!("a number of at most {most}"),
            (None, None) => "a number".to_owned(),
        };
        (!fits).then_some(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error for one parameter of the repository's template.
    fn said(name: &str, value: &str) -> Option<String> {
        let template = crate::paths::root().join("template.yaml");
        check(&template, &[(name.to_owned(), value.to_owned())]).err().map(|error| error.to_string())
    }

    #[test]
    fn a_misspelled_parameter_is_refused_with_the_nearest_names() {
        for (given, meant) in [
            ("DeliveryDelay", "DeliveryDelaySeconds"),
            ("deliverydelayseconds", "DeliveryDelaySeconds"),
            ("DelivryDelaySeconds", "DeliveryDelaySeconds"),
            ("Curency", "Currency"),
            ("PaymentSwitch", "PaymentsSwitch"),
        ] {
            let said = said(given, "1").unwrap();
            assert!(said.contains(&format!("no parameter {given}: did you mean {meant}")), "{said}");
        }
        assert!(said("Qqq", "1").unwrap().contains("it has AlarmEmail, AllowedOrigin, "));
    }

    #[test]
    fn a_value_that_a_parameter_does_not_accept_is_refused() {
        let said = |name, value| said(name, value).unwrap_or_default();
        assert_eq!(said("MailsSwitch", "On"), "the parameter MailsSwitch takes on or off, and not \"On\"");
        assert!(said("DeliveryDelaySeconds", "901").contains("a number from 0 to 900"));
        assert!(said("DeliveryDelaySeconds", "soon").contains("a number from 0 to 900"));
        assert!(said("ShippingFee", "-1").contains("a number of at least 0"));
        for (name, value) in [("MailsSwitch", "off"), ("DeliveryDelaySeconds", "0"), ("MailSender", "")] {
            assert_eq!(said(name, value), "");
        }
    }
}
