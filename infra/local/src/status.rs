//! The output of `cargo dev status`.

use std::path::Path;

use crate::{Depth, Error, Queue, Running, Saved};

/// The state of the folder's stack, in lines for a person.
pub fn of(folder: &Path) -> Result<String, Error> {
    let saved = Saved::read(folder);
    let Some(stack) = Running::now(folder) else {
        let lost = saved.and_then(|saved| saved.lost());
        let lost =
            lost.map(|lost| format!("\nthe emulator ended without saving: {lost}")).unwrap_or_default();
        return Ok(format!("not running; cargo dev starts it{lost}"));
    };
    let Running { pid, url, endpoint, deployed, .. } = &stack;
    let mut lines = vec![
        format!("running as process {pid}"),
        format!("  Shop     {url}"),
        format!("  Mailbox  {}", stack.mailbox()),
        format!("  AWS      {endpoint}"),
        format!("  {} functions, {} resources", deployed.functions.len(), deployed.resources.len()),
    ];
    if let Some(saved) = saved {
        lines.push(format!(
            "  Saved    at {}, and every minute while it is used{}",
            saved.at,
            saved.reasons()
        ));
        lines.extend(saved.lost_since.map(|since| format!("  Lost     {}", lost_since(&since))));
    }
    let queues = stack.aws().queues()?;
    for queue in &queues {
        let Queue { name, depth: Depth { visible, in_flight, delayed }, .. } = queue;
        let Some(source) = queues.iter().find(|source| source.gives_up_to.as_ref() == Some(name)) else {
            lines
                .push(format!("  queue {name}: {visible} waiting, {in_flight} in flight, {delayed} delayed"));
            continue;
        };
        let given_up = visible + in_flight;
        lines.push(format!("{} dead letters {name}: {given_up}", if given_up == 0 { " " } else { "!" }));
        if given_up > 0 {
            lines.push(another_chance(source, &stack));
        }
    }
    Ok(lines.join("\n"))
}

/// For a running stack: what its last run has lost.
pub fn lost_since(time: &str) -> String {
    format!("what was written after {time}: the emulator ended without saving")
}

/// The command with which an administrator redrives a queue's dead letters.
fn another_chance(queue: &Queue, stack: &Running) -> String {
    let end = format!("/{}", queue.name);
    let logical_id = stack.deployed.resources.iter().find(|(_, url)| url.ends_with(&end));
    let name = logical_id.map_or_else(|| queue.name.clone(), |(id, _)| id.to_lowercase());
    let url = &stack.url;
    format!(
        "    GET {url}/api/v1/admin/queues says why; POST {url}/api/v1/admin/queues/{name}/redrive\n    \
         sends them back; both as an administrator"
    )
}
