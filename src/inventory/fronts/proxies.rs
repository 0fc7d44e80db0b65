//! Places of proxy configuration and the services behind each: server blocks of nginx, sites of Caddy, files and labels of Traefik.

use std::collections::{BTreeMap, BTreeSet};

use super::services::Services;
use super::{FrontNeeds, name_of};
use crate::inventory::view::{FileId, Hit, Inventory};
use crate::model::needs::NeedId;

/// A part of a file, up to the next.
pub struct Place {
    pub file: FileId,
    pub from: u32,
    /// The services it hands requests to; `None`: not known.
    pub behind: Option<BTreeSet<String>>,
}

/// Services behind a place; `None` once one of its hosts is not known.
type Behind = Option<BTreeSet<String>>;

/// Every place.
pub fn places(inventory: &Inventory, needs: &FrontNeeds, services: &Services<'_>) -> Vec<Place> {
    let hits = |need: NeedId| inventory.hits.get(need.0 as usize).map_or(&[][..], Vec::as_slice);
    let mut places = nginx(&hits, needs, services);
    places.extend(caddy(&hits, needs, services));
    places.extend(traefik(&inventory.by_selector[needs.traefik.0 as usize], hits(needs.urls), services));
    places
}

/// Hits that begin parts of files: for each line of a file the part it belongs to.
struct Parts {
    starts: Vec<(FileId, u32)>,
}

impl Parts {
    fn new<'h>(hits: impl Iterator<Item = &'h Hit>) -> Parts {
        let mut starts: Vec<(FileId, u32)> = hits.filter_map(|hit| Some((hit.file, hit.line?))).collect();
        starts.sort_unstable();
        starts.dedup();
        Parts { starts }
    }

    /// Where the part of this hit begins.
    fn of(&self, hit: &Hit) -> Option<(FileId, u32)> {
        let next = self.starts.partition_point(|start| *start <= (hit.file, hit.line.unwrap_or(0)));
        self.starts.get(next.checked_sub(1)?).copied().filter(|(file, _)| *file == hit.file)
    }
}

fn nginx<'h>(hits: &impl Fn(NeedId) -> &'h [Hit], needs: &FrontNeeds, services: &Services<'_>) -> Vec<Place> {
    let parts = Parts::new(hits(needs.servers).iter().chain(hits(needs.upstreams)));
    let groups: BTreeMap<(FileId, u32), &str> =
        hits(needs.upstreams).iter().filter_map(|hit| Some(((hit.file, hit.line?), name_of(hit)?))).collect();
    let mut upstreams: BTreeMap<&str, Behind> = BTreeMap::new();
    for hit in hits(needs.upstream_hosts) {
        let Some(group) = parts.of(hit).and_then(|start| groups.get(&start)) else { continue };
        join(
            upstreams.entry(group).or_insert_with(|| Some(BTreeSet::new())),
            name_of(hit).and_then(|host| services.behind(host)),
        );
    }
    let mut behind: BTreeMap<(FileId, u32), Behind> = BTreeMap::new();
    let named: BTreeMap<(FileId, Option<u32>), &str> =
        hits(needs.passed).iter().filter_map(|hit| Some(((hit.file, hit.line), name_of(hit)?))).collect();
    for hit in hits(needs.passes) {
        let Some(start) = parts.of(hit).filter(|start| !groups.contains_key(start)) else { continue };
        // A host that a template fills in has no name.
        let address = named.get(&(hit.file, hit.line));
        let upstream = |address: &str| {
            let host = address.split_once("://").map_or(address, |(_, rest)| rest).split('/').next().unwrap_or_default();
            upstreams.get(host).cloned()
        };
        let found = address.and_then(|address| upstream(address).unwrap_or_else(|| services.behind(address)));
        join(behind.entry(start).or_insert_with(|| Some(BTreeSet::new())), found);
    }
    let servers = parts.starts.iter().filter(|start| !groups.contains_key(start));
    let mut places: Vec<Place> = servers
        .map(|(file, from)| {
            // A server that hands nothing on, as one that redirects, belongs to the others of its file.
            let others = || {
                let mut all = None;
                for (_, found) in behind.range((*file, 0)..(FileId(file.0 + 1), 0)) {
                    join(all.get_or_insert_with(|| Some(BTreeSet::new())), found.clone());
                }
                all.flatten()
            };
            let found = behind.get(&(*file, *from)).cloned().unwrap_or_else(others);
            Place { file: *file, from: *from, behind: found }
        })
        .collect();
    places.extend(groups.keys().map(|(file, from)| Place { file: *file, from: *from, behind: None }));
    places
}

fn join(all: &mut Behind, found: Behind) {
    match (all.as_mut(), found) {
        (Some(all), Some(found)) => all.extend(found),
        _ => *all = None,
    }
}

fn caddy<'h>(hits: &impl Fn(NeedId) -> &'h [Hit], needs: &FrontNeeds, services: &Services<'_>) -> Vec<Place> {
    let parts = Parts::new(hits(needs.sites).iter());
    let mut behind: BTreeMap<(FileId, u32), Behind> = BTreeMap::new();
    for hit in hits(needs.site_hosts) {
        let Some(start) = parts.of(hit) else { continue };
        let all = behind.entry(start).or_insert_with(|| Some(BTreeSet::new()));
        // A matcher stands before the hosts: `/api/*`, `@name`, `*`.
        let words = name_of(hit).unwrap_or_default().split_whitespace().take_while(|word| *word != "{" && !word.starts_with('#'));
        for host in words.filter(|word| !word.starts_with(['/', '@', '*'])) {
            join(all, services.behind(host));
        }
    }
    let of = |start: &(FileId, u32)| Place { file: start.0, from: start.1, behind: behind.get(start).cloned().flatten() };
    parts.starts.iter().map(of).collect()
}

/// Labels speak for the service they stand at, what Traefik itself is told for all that are announced to it.
fn traefik(files: &[FileId], urls: &[Hit], services: &Services<'_>) -> Vec<Place> {
    let mut all = Some(services.announced());
    urls.iter().for_each(|hit| join(&mut all, name_of(hit).and_then(|url| services.behind(url))));
    let mut places: Vec<Place> = services
        .places()
        .map(|(file, from, path)| {
            let (service, key) = path.split_once('.').unwrap_or((path, ""));
            let behind = if key.starts_with("labels.") || key.starts_with("deploy.labels.") {
                (!services.runs(service, "traefik")).then(|| BTreeSet::from([service.to_owned()]))
            } else {
                all.clone().filter(|_| services.runs(service, "traefik"))
            };
            Place { file, from, behind }
        })
        .collect();
    places.extend(files.iter().map(|file| Place { file: *file, from: 0, behind: all.clone() }));
    places
}
