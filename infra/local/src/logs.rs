//! Log lines, as functions write them and as people read them.

use console::style;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A line that a function wrote.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// Milliseconds since 1970.
    pub timestamp: u64,
    /// The log stream, one for each invocation.
    pub log_stream_name: String,
    /// The text of the line.
    pub message: String,
}

impl LogLine {
    /// One line for a terminal: time, level, message, then the other fields. A line that is not a JSON object
    /// stays as it is.
    pub fn readable(&self) -> String {
        let Ok(mut fields) = serde_json::from_str::<Map<String, Value>>(&self.message) else {
            return self.message.clone();
        };
        let mut take = |name: &str| fields.remove(name).map(|value| plain(&value)).unwrap_or_default();
        let (time, level, message) = (take("timestamp"), take("level"), take("message"));
        let time = time.get(11..23).unwrap_or(&time);
        let level = match level.as_str() {
            "ERROR" => style(level).red().bold(),
            "WARN" => style(level).yellow(),
            _ => style(level).green(),
        };
        let rest: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{}{}", style(format!("{name}=")).dim(), plain(value)))
            .collect();
        format!("{} {level:<5} {message}  {}", style(time).dim(), rest.join(" "))
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
