//! Compose services as proxies name them: by service, container, host name, alias or published port; and what they are built from.

use std::collections::{BTreeMap, BTreeSet};

use super::name_of;
use crate::inventory::layout::built;
pub use crate::inventory::layout::{below, folder_of};
use crate::inventory::view::{FileId, Hit, Inventory};

/// A service, over all compose files that have one of its name.
#[derive(Debug, Default)]
struct Service {
    /// What its image is built from; `None`: it is pulled, or built from what is no component.
    component: Option<usize>,
    context: Option<(String, String)>,
    dockerfile: Option<String>,
    image: String,
    /// Does a label announce it to a proxy?
    is_announced: bool,
    /// Hosts in its values: `http://api:8000` in its environment.
    told_of: BTreeSet<String>,
}

/// The services of all compose files.
#[derive(Debug, Default)]
pub struct Services<'h> {
    /// By name.
    all: BTreeMap<String, Service>,
    /// Container, host and alias names, and published ports, with the services that have them.
    names: BTreeMap<String, BTreeSet<String>>,
    ports: BTreeMap<String, BTreeSet<String>>,
    /// Where something below a service stands: place, keys.
    places: Vec<(FileId, u32, u32, &'h str)>,
    volumes: Vec<(&'h Hit, &'h str)>,
}

/// Names of the machine itself, as its containers and processes call it.
const THIS_HOST: [&str; 5] = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "host.docker.internal"];

/// Labels that announce a service to Traefik.
const ANNOUNCEMENTS: [&str; 4] = ["labels.traefik.http.", "deploy.labels.traefik.http.", "labels.caddy", "labels.traefik.enable"];

impl<'h> Services<'h> {
    /// Reads what stands below `services`, by keys and by values.
    pub fn read(inventory: &Inventory, paths: &'h [Hit], values: &'h [Hit]) -> Services<'h> {
        let mut places: Vec<(FileId, u32, u32, &str)> =
            paths.iter().filter_map(|hit| Some((hit.file, hit.line?, hit.column, name_of(hit)?))).collect();
        places.sort_unstable();
        let mut services = Services { places, ..Services::default() };
        for (_, _, _, path) in &services.places {
            let Some((name, key)) = path.split_once('.') else { continue };
            let service = services.all.entry(name.to_owned()).or_default();
            service.is_announced |= ANNOUNCEMENTS.iter().any(|label| key.starts_with(label));
        }
        for hit in values {
            let (Some(value), Some(path)) = (name_of(hit), services.at(hit.file, hit.line.unwrap_or(0), hit.column)) else {
                continue;
            };
            let Some((name, key)) = path.split_once('.') else { continue };
            services.take(name, key, value, hit, inventory);
        }
        for service in services.all.values_mut() {
            let dockerfile = service.dockerfile.as_deref();
            service.component =
                service.context.as_ref().and_then(|(folder, context)| built(&inventory.layout, folder, context, dockerfile));
        }
        services
    }

    fn take(&mut self, name: &str, key: &str, value: &'h str, hit: &'h Hit, inventory: &Inventory) {
        let service = self.all.entry(name.to_owned()).or_default();
        match key {
            "build.context" => service.context = Some((folder_of(&inventory.file(hit.file).path).to_owned(), value.to_owned())),
            "build.dockerfile" => service.dockerfile = Some(value.to_owned()),
            "image" => value.clone_into(&mut service.image),
            "container_name" | "hostname" => drop(self.names.entry(value.to_owned()).or_default().insert(name.to_owned())),
            "volumes" => self.volumes.push((hit, value)),
            "ports" => {
                // [address:]published:inside
                let mut parts = value.rsplit(':').skip(1);
                if let Some(port) = parts.next().map(|port| port.trim()) {
                    self.ports.entry(port.to_owned()).or_default().insert(name.to_owned());
                }
            }
            _ if key.starts_with("networks.") && key.ends_with(".aliases") => {
                self.names.entry(value.to_owned()).or_default().insert(name.to_owned());
            }
            _ => {}
        }
        let service = self.all.entry(name.to_owned()).or_default();
        service.told_of.extend(value.split("://").skip(1).filter_map(|rest| Some(split_host(rest)?.0.to_owned())));
    }

    /// The keys of what stands at a place, or begins above it.
    pub fn at(&self, file: FileId, line: u32, column: u32) -> Option<&'h str> {
        let next = self.places.partition_point(|(of, at, from, _)| (*of, *at, *from) <= (file, line, column));
        let (of, _, _, path) = self.places.get(next.checked_sub(1)?)?;
        (*of == file).then_some(*path)
    }

    /// The places of what stands below services.
    pub fn places(&self) -> impl Iterator<Item = (FileId, u32, &'h str)> {
        self.places.iter().map(|(file, line, _, path)| (*file, *line, *path))
    }

    /// What services mount.
    pub fn mounts(&self) -> impl Iterator<Item = (&'h Hit, &'h str)> {
        self.volumes.iter().copied()
    }

    /// The services that labels announce to a proxy.
    pub fn announced(&self) -> BTreeSet<String> {
        self.all.iter().filter(|(_, service)| service.is_announced).map(|(name, _)| name.clone()).collect()
    }

    /// Does this service run an image of that name?
    pub fn runs(&self, service: &str, image: &str) -> bool {
        let repository = |written: &str| written.split(['@', ':']).next().unwrap_or_default().rsplit('/').next() == Some(image);
        self.all.get(service).is_some_and(|service| repository(&service.image))
    }

    /// The services that an address leads to: `http://api:8000/v1`, `api:8000`. `None`: it is not known.
    pub fn behind(&self, address: &str) -> Option<BTreeSet<String>> {
        let (host, port) = split_host(address.split_once("://").map_or(address, |(_, rest)| rest))?;
        if self.all.contains_key(host) {
            return Some(BTreeSet::from([host.to_owned()]));
        }
        if THIS_HOST.contains(&host) {
            return port.and_then(|port| self.ports.get(port)).filter(|services| services.len() == 1).cloned();
        }
        self.names.get(host).cloned()
    }

    /// The components that a proxy of these services passes by: services of theirs are known, and none of them is among those, or
    /// told of by one of those. The proxy is part of the component whose folder its file lies in.
    pub fn passed_by(&self, behind: BTreeSet<String>, file: FileId, inventory: &Inventory) -> BTreeSet<usize> {
        let layout = &inventory.layout;
        let own = layout.owner[file.0 as usize].filter(|owner| layout.components[*owner].path != ".");
        let mut reached = behind;
        let mut left: Vec<String> = reached.iter().cloned().collect();
        while let Some(service) = left.pop() {
            let told = self.all.get(&service).into_iter().flat_map(|service| &service.told_of);
            for service in told.filter_map(|host| self.behind(host)).flatten() {
                if reached.insert(service.clone()) {
                    left.push(service);
                }
            }
        }
        let fronted: BTreeSet<usize> = reached.iter().filter_map(|service| self.all.get(service)?.component).chain(own).collect();
        self.all.values().filter_map(|service| service.component).filter(|component| !fronted.contains(component)).collect()
    }
}

/// Host and port at the start of an address without its scheme; `None` if something is filled in.
fn split_host(address: &str) -> Option<(&str, Option<&str>)> {
    let authority = address.split(['/', '?', '#', ' ', '"', '\'', ',', ';']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
        _ => (authority, None),
    };
    let is_plain = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.[]:".contains(&byte));
    is_plain.then_some((host, port))
}
