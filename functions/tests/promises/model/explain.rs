//! Explains observations: some order of the steps of all concurrent actions must give every caller the answer
//! that they got, and lead from the model before to the state after.

use std::collections::BTreeMap;

use super::rules::{Act, Lines, Memory, Model, Overdue, Shown, Told};

/// Concurrent actions and their outcomes.
#[derive(Debug)]
pub struct Round<'a> {
    /// The actions and their outcomes.
    pub acts: &'a [(Act, Told)],
    /// Whether calls to AWS failed meanwhile.
    pub faulty: bool,
    /// The state afterwards, as far as it was read.
    pub seen: &'a Seen,
}

/// The state of the shop, as the API shows it.
#[derive(Debug, Default)]
pub struct Seen {
    /// The units left of each product.
    pub stock: Option<Vec<i64>>,
    /// The carts by buyer.
    pub carts: BTreeMap<usize, Lines>,
    /// The orders by id.
    pub orders: BTreeMap<String, Shown>,
    /// Orders that no answer named, by buyer.
    pub untold: Vec<(usize, String)>,
}

impl Seen {
    fn is(&self, model: &Model) -> bool {
        let known = |id: &String| model.orders.iter().find(|order| order.id == *id);
        self.stock.as_ref().is_none_or(|stock| *stock == model.stock)
            && self.carts.iter().all(|(buyer, lines)| *lines == model.carts[*buyer].lines)
            && self.orders.iter().all(|(id, shown)| known(id).is_some_and(|order| order.shown == *shown))
    }
}

/// How far an action has got.
#[derive(Clone, Copy, Default)]
struct Progress {
    step: usize,
    memory: Memory,
    done: bool,
}

impl Round<'_> {
    /// The model afterwards; `None` if nothing explains the observations.
    pub fn explained(&self, before: &Model) -> Option<Model> {
        let begin = |(act, _): &(Act, Told)| Progress { done: Model::steps(act) == 0, ..Progress::default() };
        self.search(before, &self.acts.iter().map(begin).collect::<Vec<_>>())
    }

    /// The actions, and the differences to the state before, as a text.
    pub fn unexplained(&self, before: &Model) -> String {
        let Seen { stock, carts, orders, .. } = self.seen;
        let mut text = String::from("nothing explains what came of\n");
        for (act, told) in self.acts {
            text += &format!("  {act:?}: {told:?}\n");
        }
        let mut compare = |before: String, after: String| {
            if before != after {
                text += &format!("from  {before}\nto    {after}\n");
            }
        };
        if let Some(stock) = stock {
            compare(format!("{:?}", before.stock), format!("{stock:?}"));
        }
        for (buyer, lines) in carts {
            compare(format!("{:?}", before.carts[*buyer].lines), format!("{lines:?}"));
        }
        for (id, shown) in orders {
            let known = before.orders.iter().find(|order| order.id == *id);
            compare(format!("{:?}", known.map(|order| &order.shown)), format!("{:?}", Some(shown)));
        }
        text
    }

    fn search(&self, model: &Model, progress: &[Progress]) -> Option<Model> {
        if progress.iter().all(|progress| progress.done) {
            return self.seen.is(model).then(|| model.clone());
        }
        let open = (0..progress.len()).filter(|number| !progress[*number].done);
        for number in open {
            for (next, reached) in self.nexts(model, number, progress[number]) {
                let mut progress = progress.to_vec();
                progress[number] = reached;
                let found = self.search(&next, &progress);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Every way in which one of the actions can go on.
    fn nexts(&self, model: &Model, number: usize, at: Progress) -> Vec<(Model, Progress)> {
        let (act, told) = &self.acts[number];
        let mut nexts = Vec::new();
        let last = at.step + 1 == Model::steps(act);
        for id in self.names(number) {
            let (mut model, mut memory) = (model.clone(), at.memory);
            let said = model.step(act, at.step, &mut memory, id);
            if !last || self.may_be_told(number, &said) {
                nexts.push((model, Progress { step: at.step + 1, memory, done: last }));
            }
        }
        let at_once = self.acts.len() > 1;
        if let Act::Sweep(overdue) = act
            && (at_once || self.faulty || matches!(overdue.get(at.step), Some(Overdue::Unpaid(_))))
        {
            // Of two actors that move an order one is faster; a sweep that fails goes on with the next order;
            // and an unpaid order expires only after a reminder of its payment.
            nexts.push((model.clone(), Progress { step: at.step + 1, done: last, ..at }));
        }
        let gave_up = *told == Told::Nothing || (at.step == 0 && model.is_moody(act));
        if gave_up || self.is_turned_away(number) {
            nexts.push((model.clone(), Progress { done: true, ..at }));
        }
        nexts
    }

    /// The ids that the buyer's order may have.
    fn names(&self, number: usize) -> Vec<&str> {
        match &self.acts[number] {
            (_, Told::Order(id, _)) => vec![id],
            (Act::Buy(buyer, ..), Told::Nothing) => {
                let own = self.seen.untold.iter().filter(|(of, _)| of == buyer);
                own.map(|(_, id)| id.as_str()).collect()
            }
            _ => vec![""],
        }
    }

    /// Whether an actor may have got this answer when the rules say that one.
    fn may_be_told(&self, number: usize, said: &Told) -> bool {
        let (act, told) = &self.acts[number];
        let at_once = self.acts.len() > 1;
        match (said, told) {
            (_, Told::Nothing) => true,
            // A retry after a lost answer finds what it has done itself, with later changes by others.
            (Told::Order(said, _), Told::Order(told, _)) if self.faulty => said == told,
            (Told::Cart(_), Told::Cart(_)) if self.faulty && at_once => true,
            (Told::Order(..), Told::Refused(409, _)) if self.faulty => {
                matches!(act, Act::Move(..)) && self.has_rival(number)
            }
            // Several products are checked one by one, at different times.
            (Told::Refused(409, said), Told::Refused(409, told)) if at_once => said[0].0 == told[0].0,
            (said, told) => said == told,
        }
    }

    /// Whether a checkout may be refused because others change the cart at the same time; then nothing has
    /// happened.
    fn is_turned_away(&self, number: usize) -> bool {
        matches!(self.acts[number], (Act::Buy(..), Told::Refused(409, _))) && self.has_rival(number)
    }

    /// Whether another action concerns the same cart or order at the same time.
    fn has_rival(&self, number: usize) -> bool {
        let target = |act: &Act| match act {
            Act::Add(buyer, ..) | Act::Set(buyer, ..) | Act::Remove(buyer, _) | Act::Clear(buyer) => {
                (Some(*buyer), None)
            }
            Act::Merge(buyer, ..) | Act::Buy(buyer, ..) => (Some(*buyer), None),
            Act::Cancel(_, order)
            | Act::Complete(_, order)
            | Act::Move(_, order, ..)
            | Act::Work(_, order) => (None, Some(*order)),
            Act::Sweep(_) => (None, None),
        };
        let own = target(&self.acts[number].0);
        let mut others = self.acts.iter().enumerate().filter(|(other, _)| *other != number);
        others.any(|(_, (act, _))| target(act) == own)
    }
}
