//! What was looked at, and what was found.

use std::fmt;

/// The widest line of a report, in columns.
const WIDTH: usize = 100;

/// What has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Every item can be read.
    Readable,
    /// An order has all its parts: snapshot, head, contact unless it was erased, a pointer per store, and
    /// they agree.
    Parts,
    /// The timeline leads to where the order stands.
    Timeline,
    /// The totals add up to the lines.
    Totals,
    /// What owes something is in the index by which the sweeper finds it, at a time that comes.
    Due,
    /// The money is where the order says that it is.
    Payment,
    /// A label is bought for who has claimed the part, and is the one on the parcel.
    Label,
    /// Stock is not below zero, nothing of it is lost, and it is sold at the product's price.
    Stock,
    /// No breach: somebody has to look at an order.
    Overdue,
    /// No breach: a mail is owed for more than a day.
    Mails,
    /// No breach: the name of a store or a category is from before lookalikes were kept out, and does not
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

    /// Whether its finding means that something is wrong, and not only late.
    pub fn is_breach(self) -> bool {
        !matches!(self, Self::Overdue | Self::Mails | Self::Names)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}").to_lowercase())
    }
}

/// Something that does not hold, or somebody should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule.
    pub rule: Rule,
    /// Of what: an id.
    pub subject: String,
    /// What was found.
    pub detail: String,
}

impl Finding {
    pub(crate) fn new(rule: Rule, subject: impl fmt::Display, detail: impl Into<String>) -> Self {
        Self { rule, subject: subject.to_string(), detail: detail.into() }
    }
}

/// The outcome of a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Products that were looked at.
    pub products: u64,
    /// Orders that were looked at.
    pub orders: u64,
    /// Orders that the due index named.
    pub due: u64,
    /// Orders that sellers' lists named.
    pub pointers: u64,
    /// Users that were looked at.
    pub users: u64,
    /// Stores and categories whose names were looked at.
    pub names: u64,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The read units that were used.
    pub used: u64,
    /// The read units that there were.
    pub budget: u64,
    /// Whether everything was looked at.
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

    /// How many findings mean that something is wrong.
    pub fn breaches(&self) -> usize {
        self.findings.iter().filter(|finding| finding.rule.is_breach()).count()
    }
}

/// A table of 100 columns at most.
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
            writeln!(f, "  {what:26} {count:>9} looked at")?;
        }
        for rule in Rule::ALL {
            let count = self.findings.iter().filter(|finding| finding.rule == rule).count();
            let word = if rule.is_breach() { "breaches" } else { "to look at" };
            writeln!(f, "  {:26} {count:>9} {word}", rule.to_string())?;
        }
        for Finding { rule, subject, detail } in &self.findings {
            writeln!(f, "{}", fit(&format!("  {rule:9} {subject}  {detail}")))?;
        }
        let end = if self.finished { "all of it" } else { "stopped there: give it a greater --budget" };
        write!(f, "  {} of {} read units, {end}", self.used, self.budget)
    }
}

/// A line that is too long is broken between words, and goes on below.
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
        assert!(text.ends_with("0 of 1000000 read units, stopped there: give it a greater --budget"));
        for rule in Rule::ALL {
            assert!(
                text.lines()
                    .any(|line| line.starts_with(&format!("  {rule} ")) && line.contains("         1 "))
            );
        }
    }
}
