//! What can go wrong with a call, and the plan of which calls it goes wrong with.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::call::{CallInfo, Service};

/// Before the service did what was asked, or after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// Nothing was done.
    Before,
    /// It was done, but nobody was told.
    After,
}

/// What happens to a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Status 500.
    Fail(When),
    /// Refused, as asked too often, by the code that the service uses for it.
    Throttle,
    /// Refused with this status and error code.
    Refuse(u16, &'static str),
    /// The connection times out, at once: the SDK sees a dispatch failure by time-out.
    Timeout(When),
    /// No answer ever: the SDK's own time-outs fire (on a paused clock without waiting).
    Hang(When),
    /// The caller's process dies: [`Aws::run`](crate::Aws::run) drops the handler.
    Crash(When),
    /// A message or mail is accepted and vanishes.
    Drop,
    /// The whole transaction is cancelled because this item (from 0) is in another transaction; a write of a single
    /// item (0) is refused for it.
    Conflict(usize),
    /// The whole transaction is cancelled because this item (from 0) is throttled.
    ThrottleItem(usize),
    /// This entry (from 0) of a batch is left undone: SQS says it failed, DynamoDB that it is unprocessed.
    Partial(usize),
    /// This read is up to date, though a [`Lag`](crate::Lag) is set.
    Fresh,
}

impl Fault {
    /// Whether the service does what was asked.
    pub(crate) fn applies(&self) -> bool {
        match self {
            Self::None | Self::Fresh | Self::Drop | Self::Partial(_) => true,
            Self::Fail(when) | Self::Timeout(when) | Self::Hang(when) | Self::Crash(when) => {
                *when == When::After
            }
            Self::Throttle | Self::Refuse(..) | Self::Conflict(_) | Self::ThrottleItem(_) => false,
        }
    }
}

/// Chooses a call's fault.
pub(crate) type Hook = Arc<dyn Fn(&CallInfo) -> Fault + Send + Sync>;

/// Which calls go wrong: some by number, the others by hook.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) by_number: BTreeMap<usize, Fault>,
    pub(crate) hook: Option<Hook>,
}

impl Plan {
    /// The hook to ask, unless the number decides.
    pub(crate) fn choose(&self, info: &CallInfo) -> Result<Fault, Option<Hook>> {
        self.by_number.get(&info.number).cloned().ok_or_else(|| self.hook.clone())
    }
}

/// A hook that puts one of all applicable faults, crashes and hangs apart, into `rate` of all calls. No mail vanishes that
/// was accepted: nobody could ever notice.
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
