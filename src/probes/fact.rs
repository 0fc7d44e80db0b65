//! `fact`: a fact that holds of the component. Its proof is the hit.

use std::borrow::Cow;

use crate::inventory::view::{Hit, View};
use crate::model::needs::NeedId;
use crate::model::node::Node;

use super::{Loading, Probe, ProbeKind};

/// The `fact` probe kind.
pub static KIND: ProbeKind = ProbeKind {
    name: "fact",
    summary: "a fact that holds of the component; its proof is the citation",
    keys: &[("(the value)", "the name of the fact")],
    parse,
};

#[derive(Debug)]
struct FactProbe {
    name: String,
}

fn parse(node: &Node, loading: &mut Loading<'_>) -> Option<Box<dyn Probe>> {
    let Some(name) = node.as_str() else {
        loading.problems.note(node.span, "`fact` takes the name of a fact");
        return None;
    };
    loading.facts.push((name.to_owned(), node.span));
    Some(Box::new(FactProbe { name: name.to_owned() }))
}

impl Probe for FactProbe {
    fn observe<'v>(&self, view: &View<'v>) -> Vec<Cow<'v, Hit>> {
        view.fact(&self.name).unwrap_or_default().iter().map(Cow::Borrowed).collect()
    }

    fn needs(&self) -> &[NeedId] {
        &[]
    }

    fn is_setting(&self) -> bool {
        true
    }
}
