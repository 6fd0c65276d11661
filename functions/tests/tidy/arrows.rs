//! Dependencies between the files of a crate form no circle, and an area has one name in every layer.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree;
use crate::tree::code::{block, code_of, without_tests};

/// Crates whose files still depend on each other in circles.
const NOT_YET: [&str; 0] = [];

#[test]
fn no_files_of_a_crate_depend_on_each_other_in_a_circle() {
    let mut circles = Vec::new();
    for name in tree::entries("shared") {
        let sources = format!("shared/{name}/src/");
        let files = tree::rust_files(&sources[..sources.len() - 1]);
        let texts = files.iter().map(|path| (path.replace(&sources, ""), tree::read(path)));
        let arrows = Crate::of(texts).arrows();
        for (file, to) in &arrows {
            println!("{sources}{file} → {}", to.iter().cloned().collect::<Vec<_>>().join(", "));
        }
        if let Some(circle) = circle(&arrows).filter(|_| !NOT_YET.contains(&name.as_str())) {
            circles.push(format!("{sources}: {}", circle.join(" → ")));
        }
    }
    assert!(
        circles.is_empty(),
        "files depend on each other in a circle:\n  {}\nMove what both need into a file below them.",
        circles.join("\n  ")
    );
}

#[test]
fn every_layer_has_the_same_name_for_an_area() {
    let packages = ["tests", "development"];
    let areas: BTreeSet<_> = tree::entries("functions")
        .into_iter()
        .filter(|name| !packages.contains(&name.as_str()))
        .filter(|name| tree::root().join("functions").join(name).is_dir())
        .collect();
    // Besides its areas, a layer has folders that all areas share.
    let layers: [(&str, &[&str]); 4] = [
        ("functions/tests/areas", &[]),
        ("shared/table/src", &["lib", "chart", "dynamo"]),
        ("shared/domain/src", &["lib", "basis", "messages"]),
        ("shared/api/src/view", &[]),
    ];
    for (folder, beside) in layers {
        if !tree::root().join(folder).is_dir() {
            continue;
        }
        for entry in tree::entries(folder) {
            let word = entry.trim_end_matches(".rs");
            assert!(
                areas.contains(word) || beside.contains(&word),
                "{folder}/{entry} is no area: the folders of functions/ are {areas:?}"
            );
        }
    }
    let tested = tree::entries("functions/tests/areas")
        .into_iter()
        .filter(|name| tree::root().join("functions/tests/areas").join(name).is_dir());
    tree::same("the areas of functions/", areas, "the folders of functions/tests/areas", tested);
}

#[test]
fn a_dependency_leads_to_the_file_that_defines_a_name() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; pub use a::{Thing, deep::Other as Renamed};"),
        ("a.rs", "pub mod deep; pub struct Thing; macro_rules! made { () => {} }"),
        ("a/deep.rs", "pub struct Other; // crate::b::No\nconst TEXT: &str = \"crate::b::No\";"),
        ("b.rs", "use crate::{Renamed, Thing};\n#[cfg(test)]\nmod tests { use crate::c::No; }"),
        ("c.rs", "mod inner { use super::super::b::Yes; } fn c() { crate::made!(); }"),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let arrows = Crate::of(files).arrows();
    let to = |file: &str| arrows[file].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(to("lib.rs"), ["a.rs", "a/deep.rs"]);
    assert_eq!(to("a/deep.rs"), [""; 0]);
    assert_eq!(to("b.rs"), ["a.rs", "a/deep.rs"]);
    assert_eq!(to("c.rs"), ["a.rs", "b.rs"]);
    assert_eq!(circle(&arrows), None);
}

#[test]
fn a_circle_is_found_and_named() {
    let files =
        [("lib.rs", "mod a; mod b; pub use b::B;"), ("a.rs", "use crate::B;"), ("b.rs", "use super::a::A;")];
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
    assert_eq!(
        circle(&Crate::of(files).arrows()),
        Some(["a.rs", "b.rs", "a.rs"].map(str::to_owned).to_vec())
    );
}

/// A module's path, `[]` for the crate's root.
type Path = Vec<String>;

/// The files of a crate, without comments, texts and tests.
struct Crate {
    /// The file and the code of each module that is a file.
    modules: BTreeMap<Path, (String, String)>,
    /// The names that each module imports; `*` for all names of a module.
    names: BTreeMap<Path, Vec<(String, Path)>>,
    /// The file of each macro, for those that are exported at the root.
    macros: BTreeMap<String, String>,
}

impl Crate {
    fn of(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut krate = Self { modules: BTreeMap::new(), names: BTreeMap::new(), macros: BTreeMap::new() };
        for (file, text) in files {
            let code = without_tests(&code_of(&text));
            let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
            let path: Path = match path {
                "lib" => Vec::new(),
                path => path.split('/').map(str::to_owned).collect(),
            };
            for made in code.split("macro_rules! ").skip(1) {
                krate.macros.insert(word(made).to_owned(), file.clone());
            }
            krate.names.insert(path.clone(), uses(&code));
            krate.modules.insert(path, (file, code));
        }
        krate
    }

    /// From each file to the files whose names it uses.
    fn arrows(&self) -> BTreeMap<String, BTreeSet<String>> {
        let arrows = self.modules.iter().map(|(module, (file, code))| {
            let named = self.names[module].iter().map(|(_, path)| path.clone()).chain(paths(code));
            let to: BTreeSet<_> = named.filter_map(|path| self.file_of(module, &path, 0)).collect();
            (file.clone(), to.into_iter().filter(|to| to != file).collect())
        });
        arrows.collect()
    }

    /// The file that defines the target of a path in a module; `None` for another crate.
    fn file_of(&self, module: &Path, path: &[String], depth: usize) -> Option<String> {
        let mut at = module.clone();
        let mut ahead = path;
        let mut is_ours = false;
        while let Some((first, rest)) = ahead.split_first() {
            match first.as_str() {
                "crate" => at = Vec::new(),
                "self" => {}
                "super" => drop(at.pop()),
                _ => break,
            }
            (ahead, is_ours) = (rest, true);
        }
        for (place, name) in ahead.iter().enumerate() {
            let child: Path = at.iter().chain([name]).cloned().collect();
            if self.modules.contains_key(&child) {
                (at, is_ours) = (child, true);
                continue;
            }
            // An imported name leads on to the file that it is imported from.
            let known = self.names.get(&at).into_iter().flatten();
            for (known, from) in known.filter(|(known, from)| (known == name || known == "*") && from != path)
            {
                let next: Path = match from.last().is_some_and(|last| last == "*") {
                    true => from[..from.len() - 1].iter().chain(&ahead[place..]).cloned().collect(),
                    false => from.iter().chain(&ahead[place + 1..]).cloned().collect(),
                };
                let found = if depth < 8 { self.file_of(&at, &next, depth + 1) } else { None };
                // A name from another crate ends here.
                if found.is_some() || known != "*" {
                    return found;
                }
            }
            let exported = self.macros.get(name).filter(|_| is_ours && at.is_empty());
            return exported.cloned().or_else(|| is_ours.then(|| self.modules[&at].0.clone()));
        }
        is_ours.then(|| self.modules[&at].0.clone())
    }
}

/// A circle of dependencies, if there is one.
fn circle(arrows: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit<'a>(
        file: &'a str,
        arrows: &'a BTreeMap<String, BTreeSet<String>>,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<Vec<String>> {
        if let Some(place) = way.iter().position(|before| *before == file) {
            return Some(way[place..].iter().chain([&file]).map(|file| (*file).to_owned()).collect());
        }
        if !done.insert(file) {
            return None;
        }
        way.push(file);
        let found = arrows[file].iter().find_map(|next| visit(next, arrows, way, done));
        way.pop();
        found
    }
    let (mut way, mut done) = (Vec::new(), BTreeSet::new());
    arrows.keys().find_map(|file| visit(file, arrows, &mut way, &mut done))
}

/// The word with which a text begins.
fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// How many modules deep a place is inside its file.
fn depth_at(code: &str, place: usize) -> usize {
    let modules = code[..place].match_indices("mod ").filter(|(start, _)| {
        let name = word(&code[start + 4..]);
        let body = start + 4 + name.len() + 1;
        code[start + 4 + name.len()..].starts_with(" {") && body + block(&code[body..]) > place
    });
    modules.count()
}

/// Rewrites a path for the file's own module. In a module inside the file, `super` is the file.
fn from_file(path: Path, depth: usize) -> Path {
    let up = path.iter().take_while(|part| *part == "super").count();
    match up {
        0 => path,
        up if up <= depth => ["self".to_owned()].into_iter().chain(path.into_iter().skip(up)).collect(),
        _ => path.into_iter().skip(depth).collect(),
    }
}

/// The names that the `use` items of a file import, each with its path.
fn uses(code: &str) -> Vec<(String, Path)> {
    let mut found = Vec::new();
    for (place, _) in code.match_indices("use ") {
        let starts = code[..place].ends_with(|c: char| c.is_whitespace() || c == ')' || c == '{' || c == ';');
        if (starts || place == 0) && !code[..place].ends_with("+ ") {
            let item = code[place + 4..].split(';').next().unwrap_or_default();
            branches(item, &[], depth_at(code, place), &mut found);
        }
    }
    found
}

fn branches(tree: &str, before: &[String], depth: usize, found: &mut Vec<(String, Path)>) {
    let tree = tree.trim();
    if let Some((head, list)) = tree.split_once('{') {
        let head: Path = parts(head).collect();
        let head: Path = before.iter().cloned().chain(head).collect();
        let list = list.strip_suffix('}').unwrap_or(list);
        let (mut start, mut open) = (0, 0);
        for (place, c) in list.char_indices().chain([(list.len(), ',')]) {
            match c {
                '{' => open += 1,
                '}' => open -= 1,
                ',' if open == 0 => {
                    branches(&list[start..place], &head, depth, found);
                    start = place + 1;
                }
                _ => {}
            }
        }
    } else if !tree.is_empty() {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias)));
        let mut path: Path = before.iter().cloned().chain(parts(path)).collect();
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name =
            alias.map(str::trim).or_else(|| path.last().map(String::as_str)).unwrap_or_default().to_owned();
        found.push((name, from_file(path, depth)));
    }
}

/// The paths in code that begin with `crate`, `self` or `super`.
fn paths(code: &str) -> Vec<Path> {
    let mut found = Vec::new();
    for root in ["crate::", "super::", "self::"] {
        for (place, _) in code.match_indices(root) {
            let is_start =
                !code[..place].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$');
            let in_use = code[..place].rsplit([';', '}']).next().is_some_and(|line| line.contains("use "));
            if is_start && !in_use {
                let end = code[place..].find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
                let path = &code[place..place + end.unwrap_or(code.len() - place)];
                found.push(from_file(parts(path).collect(), depth_at(code, place)));
            }
        }
    }
    found
}

fn parts(path: &str) -> impl Iterator<Item = String> {
    path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty())
}
