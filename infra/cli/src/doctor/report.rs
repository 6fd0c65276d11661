//! The findings, and how much was read.

use std::fmt;

/// The widest line of a report, in columns.
const WIDTH: usize = 100;

/// A rule of the doctor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Every item can be read.
    Readable,
    /// An order has all its items (snapshot, head, contact unless it was erased, and a pointer for each
    /// store), and they agree.
    Parts,
    /// The timeline explains the present status.
    Timeline,
    /// The totals equal the sum of the lines.
    Totals,
    /// Everything with a debt is in the index of the sweeper, with a time that will come.
    Due,
    /// The sandbox bank and the order agree about the payment.
    Payment,
    /// A label was bought only for a claimed part, and is the one on the parcel.
    Label,
    /// Stock is not below zero, no unit is lost, and it is sold at the product's price.
    Stock,
    /// Not a breach: somebody has to look at an order.
    Overdue,
    /// Not a breach: a mail has been owed for more than a day.
    Mails,
    /// Not a breach: the name of a store or a category is older than the check for lookalikes, and does not
    /// keep them out yet.
    Names,
}

impl Rule {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 11] = [
        Self::Readable,
        Self::Parts,
        Self::Timeline,
        Self::Totals,
        Self::Due,
        Self::Payment,
        Self::Label,
        Self::Stock,
        Self::Overdue,
        Self::Mails,
        Self::Names,
    ];

    /// Whether a finding means that something is wrong, and not only late.
    pub fn is_breach(self) -> bool {
        !matches!(self, Self::Overdue | Self::Mails | Self::Names)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}").to_lowercase())
    }
}

/// A breach, or something that an operator should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The id of the item.
    pub subject: String,
    /// What was found.
    pub detail: String,
}

impl Finding {
    pub(crate) fn new(rule: Rule, subject: impl fmt::Display, detail: impl Into<String>) -> Self {
        Self { rule, subject: subject.to_string(), detail: detail.into() }
    }
}

/// The result of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Products read.
    pub products: u64,
    /// Orders read.
    pub orders: u64,
    /// Orders in the due index.
    pub due: u64,
    /// Orders in sellers' lists.
    pub pointers: u64,
    /// Users read.
    pub users: u64,
    /// Stores and categories whose names were checked.
    pub names: u64,
    /// The findings.
    pub findings: Vec<Finding>,
    /// The read units used.
    pub used: u64,
    /// The read units allowed.
    pub budget: u64,
    /// Whether everything was read.
    pub finished: bool,
}

impl Report {
    pub(crate) fn new(budget: u64) -> Self {
        let [products, orders, due, pointers, users, names, used] = [0; 7];
        let (findings, finished) = (Vec::new(), false);
        Self { products, orders, due, pointers, users, names, findings, used, budget, finished }
    }

    pub(crate) fn due(&mut self) -> &mut u64 {
        &mut self.due
    }

    pub(crate) fn pointers(&mut self) -> &mut u64 {
        &mut self.pointers
    }

    /// The number of findings that mean that something is wrong.
    pub fn breaches(&self) -> usize {
        self.findings.iter().filter(|finding| finding.rule.is_breach()).count()
    }
}

/// A table of at most 100 columns.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in [
            ("products", self.products),
            ("orders", self.orders),
            ("entries of the due index", self.due),
            ("entries of sellers' lists", self.pointers),
            ("users", self.users),
            ("names", self.names),
        ] {
            writeln!(f, "  {what:26} {count:>9} checked")?;
        }
        for rule in Rule::ALL {
            let count = self.findings.iter().filter(|finding| finding.rule == rule).count();
            let word = if rule.is_breach() { "breaches" } else { "to look at" };
            writeln!(f, "  {:26} {count:>9} {word}", rule.to_string())?;
        }
        for Finding { rule, subject, detail } in &self.findings {
            writeln!(f, "{}", fit(&format!("  {rule:9} {subject}  {detail}")))?;
        }
        let end = if self.finished { "all of it" } else { "stopped early: give it a greater --budget" };
        write!(f, "  {} of {} read units, {end}", self.used, self.budget)
    }
}

/// Breaks a line that is too long between words.
fn fit(line: &str) -> String {
    let (mut fitted, mut width) = (String::new(), 0);
    for word in line.split_inclusive(' ') {
        let columns = word.trim_end().chars().count();
        if width + columns > WIDTH && width > 0 {
            fitted.truncate(fitted.trim_end().len());
            fitted.push_str("\n            ");
            width = 12;
        }
        fitted.push_str(word);
        width += word.chars().count();
    }
    fitted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_fits_a_hundred_columns_and_counts_by_rule() {
        let detail =
            "the payment is Paid, and its events say something that takes very many words to tell ".repeat(3);
        let finding = |rule| Finding::new(rule, "ord_7zzzzzzzzzzzzzzzzzzzzzzzzz", detail.as_str());
        let findings = Rule::ALL.map(finding).to_vec();
        let report = Report { findings, orders: 123_456_789, ..Report::new(1_000_000) };
        let text = report.to_string();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(report.breaches(), 8);
        assert!(text.ends_with("0 of 1000000 read units, stopped early: give it a greater --budget"));
        for rule in Rule::ALL {
            assert!(
                text.lines()
                    .any(|line| line.starts_with(&format!("  {rule} ")) && line.contains("         1 "))
            );
        }
    }
}
