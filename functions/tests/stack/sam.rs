//! The files that `cargo dev sam` writes for `sam local`. No test needs Docker.

use std::path::Path;

use serde_json::Value;

use super::people::{PROGRAM, shared};
use crate::tree;

/// SAM passes only declared variables to a function, so a variable that is not declared would be missing in
/// the container.
#[test]
fn sam_gets_every_variable_declared_and_the_whole_template() {
    let stack = shared().stack.running();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sam");
    std::fs::create_dir_all(&folder).unwrap();
    let endpoint = "http://172.17.0.1:4566";
    let files = local::sam::write(&folder, stack, PROGRAM.as_path(), endpoint).unwrap();
    let read = |path| serde_json::from_str::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (template, variables) = (read(&files.template), read(&files.variables));

    let shared = &template["Globals"]["Function"]["Environment"]["Variables"];
    let functions = tree::functions();
    assert_eq!(variables.as_object().unwrap().len(), functions.len());
    for (function, values) in variables.as_object().unwrap() {
        let own = &template["Resources"][function]["Properties"]["Environment"]["Variables"];
        for name in values.as_object().unwrap().keys() {
            let declared = own.get(name).or(shared.get(name)).is_some();
            assert!(declared, "sam.yaml: {function} does not declare {name}");
        }
        assert_eq!(values["AWS_ENDPOINT_URL"], endpoint, "{function}");
    }
    // Even without env.json no function can reach the real AWS.
    assert_eq!(shared["AWS_ENDPOINT_URL"], endpoint);

    for function in functions {
        let resource = &stack.deployed.functions[function.name].logical_id;
        let properties = &template["Resources"][resource]["Properties"];
        // The launcher starts the program as the function that the handler names.
        assert_eq!((&properties["Handler"], &properties["CodeUri"]), (&function.name.into(), &"sam".into()));
    }
    let parameter = &template["Parameters"]["Architecture"];
    let here = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    assert_eq!(parameter["Default"], here);
    assert_eq!(template["Globals"]["Function"]["Architectures"][0]["Ref"], "Architecture");
    assert!(folder.join("sam/program").is_file() && folder.join("sam/bootstrap").is_file());
}
