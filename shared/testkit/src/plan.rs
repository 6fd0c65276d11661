//! The planned faults.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::call::CallInfo;
use crate::fault::{Fault, When};
use crate::service::Service;

/// Chooses a call's fault.
pub(crate) type Hook = Arc<dyn Fn(&CallInfo) -> Fault + Send + Sync>;

/// Planned faults: some by number, the others by hook.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) by_number: BTreeMap<usize, Fault>,
    pub(crate) hook: Option<Hook>,
}

impl Plan {
    /// The fault of a call by its number, or else the hook to ask.
    pub(crate) fn choose(&self, info: &CallInfo) -> Result<Fault, Option<Hook>> {
        self.by_number.get(&info.number).cloned().ok_or_else(|| self.hook.clone())
    }
}

/// A hook that puts one of all applicable faults except crashes and hangs into `rate` of all calls. It loses
/// no accepted mail, because the shop could not notice that.
pub(crate) fn random(seed: u64, rate: f64) -> Hook {
    let random = Mutex::new(fastrand::Rng::with_seed(seed));
    Arc::new(move |info| {
        let mut random = random.lock().unwrap();
        if random.f64() >= rate {
            return Fault::None;
        }
        let item = random.usize(..info.conflict_items().max(1));
        let faults = [
            Fault::Fail(When::Before),
            Fault::Fail(When::After),
            Fault::Throttle,
            Fault::Timeout(When::Before),
            Fault::Timeout(When::After),
            Fault::Conflict(item),
            Fault::ThrottleItem(item),
            Fault::Partial(random.usize(..10)),
            Fault::Drop,
        ];
        let noticed = |fault: &Fault| *fault != Fault::Drop || info.service != Service::Ses;
        let mut possible =
            faults.into_iter().filter(|fault| info.can(fault) && noticed(fault)).collect::<Vec<_>>();
        let chosen = random.usize(..possible.len());
        possible.swap_remove(chosen)
    })
}
