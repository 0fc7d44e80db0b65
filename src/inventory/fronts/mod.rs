//! What a reverse proxy stands in front of: the components that its configuration is for, as far as files tell.
//!
//! A proxy names hosts (`proxy_pass http://api:8000`), a compose file names services, and a service is built from a folder, which is
//! a component. Where each step is known, the configuration counts for the components at the end of it and for no other:
//!
//! | file | holds |
//! |---|---|
//! | `services` | compose services: their names, what they are built from, whom they are told of |
//! | `proxies` | places of proxy configuration, and the hosts they name |
//!
//! Where a step is not known (a variable, a host that no compose file has, a component that no service is built from), the place
//! counts for everybody who sees the file. To teach it a proxy: a need in [`FrontNeeds`] and its reader in `proxies`.

mod proxies;
mod services;

use std::collections::BTreeSet;

use super::view::{FileId, Hit, Inventory, View};
use crate::model::needs::{Area, DocumentKind, Look, NAME, Naming, NeedId, NeedSet, Selector, SelectorId};
use crate::model::role::{Role, RoleSet};

use proxies::Place;
use services::Services;

/// Part of a file that configures a proxy, and for whom it does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Front {
    file: FileId,
    /// The first of its lines; it ends where the next front of the file begins.
    from: u32,
    /// Components that stand behind something else.
    passed_by: BTreeSet<usize>,
    /// Is it used while developing only?
    is_rehearsal: bool,
}

/// The needs that say what proxies front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontNeeds {
    /// Everything below `services` of compose files: by its keys, and by its value.
    paths: NeedId,
    values: NeedId,
    /// What compose files for developers mount.
    rehearsed: NeedId,
    /// What Dockerfiles copy.
    copied: NeedId,
    servers: NeedId,
    upstreams: NeedId,
    upstream_hosts: NeedId,
    /// Directives that hand requests on, and the hosts they name.
    passes: NeedId,
    passed: NeedId,
    sites: NeedId,
    site_hosts: NeedId,
    /// Traefik's own files, and the hosts they name.
    traefik: SelectorId,
    urls: NeedId,
}

impl FrontNeeds {
    /// Asks for them.
    pub fn ask(set: &mut NeedSet) -> FrontNeeds {
        let document = |kind, select: &str, named| {
            let (objects, conditions) = (Vec::new(), Vec::new());
            Look::Document { kind, objects, select: select.to_owned(), conditions, named }
        };
        let text = |pattern: &str| {
            let (pattern, area) = (pattern.to_owned(), Area::All);
            Look::Text { pattern, ignore_case: false, area, except: None, missing: false, capture: Some(NAME.to_owned()) }
        };
        let files = |globs: &[&str]| {
            let globs = globs.iter().map(|glob| (*glob).to_owned()).collect();
            Selector { globs, ..Selector::any() }
        };
        let mut any = |look| set.add(Selector::any(), look);
        let value = Some(Naming::Value);
        let (compose, nginx) = (DocumentKind::Compose, DocumentKind::Nginx);
        let mut needs = FrontNeeds {
            paths: any(document(compose, "$.services", Some(Naming::Path))),
            values: any(document(compose, "$.services..*", value)),
            rehearsed: NeedId(0),
            copied: any(document(
                DocumentKind::Dockerfile,
                "$.stages[*].instructions[?@.op == 'COPY' || @.op == 'ADD'].args[*]",
                value,
            )),
            servers: any(document(nginx, "$..server[?@.listen || @.location || @.server_name]", None)),
            upstreams: any(document(nginx, "$..upstream[*].args[0]", value)),
            upstream_hosts: any(document(nginx, "$..upstream[*].server[*].args[0]", value)),
            passes: any(document(nginx, PASSES, None)),
            passed: any(document(nginx, &format!("{PASSES}.args[0]"), value)),
            sites: NeedId(0),
            site_hosts: NeedId(0),
            traefik: SelectorId(0),
            urls: NeedId(0),
        };
        let compose = Selector { roles: RoleSet::NONE.with(Role::Development), ..files(&["*compose*.yml", "*compose*.yaml"]) };
        needs.rehearsed = set.add(compose, document(DocumentKind::Yaml, "$.services[*].volumes[*]", value));
        let caddy = files(&["Caddyfile", "Caddyfile.*", "*.caddy", "*.caddyfile"]);
        needs.sites = set.add(caddy.clone(), text(r"^[^\s#(){}][^\n]*\{[ \t]*$"));
        needs.site_hosts = set.add(caddy, text(r"^[ \t]*(?:reverse_proxy|php_fastcgi|to)[ \t]+(?P<at>[^\n]+)"));
        needs.urls = set.add(files(TRAEFIK), document(DocumentKind::Yaml, "$..servers[*].url", value));
        needs.traefik = set.need(needs.urls).selector;
        // They say which hits count, so they cannot wait for those.
        for need in [needs.sites, needs.site_hosts] {
            set.await_answer(need);
        }
        needs
    }
}

/// Traefik's own files.
const TRAEFIK: &[&str] = &["traefik*.yml", "traefik*.yaml", "traefik/**/*.yml", "traefik/**/*.yaml"];

/// Where nginx hands requests on.
const PASSES: &str = "$..['proxy_pass','fastcgi_pass','uwsgi_pass','grpc_pass'][*]";

/// Does a hit in the configuration of a proxy count in a view: does that proxy front the component, or is it not known what it
/// fronts? Hits elsewhere always count.
pub fn counts(view: &View<'_>, needs: &FrontNeeds, hit: &Hit) -> bool {
    let inventory = view.inventory;
    let fronts = inventory.fronts.rows(&inventory.whole(), &[needs.paths, needs.servers], || join(inventory, needs));
    let line = hit.line.unwrap_or(u32::MAX);
    let next = fronts.partition_point(|front| (front.file, front.from) <= (hit.file, line));
    let Some(front) = next.checked_sub(1).map(|at| &fronts[at]).filter(|front| front.file == hit.file) else { return true };
    !front.is_rehearsal && view.scope().0.is_none_or(|component| !front.passed_by.contains(&component))
}

/// All fronts, by file and line.
fn join(inventory: &Inventory, needs: &FrontNeeds) -> Vec<Front> {
    let hits = |need: NeedId| inventory.hits.get(need.0 as usize).map_or(&[][..], Vec::as_slice);
    let services = Services::read(inventory, hits(needs.paths), hits(needs.values));
    let rehearsed = rehearsed(inventory, needs, &services);
    let mut fronts: Vec<Front> = proxies::places(inventory, needs, &services)
        .into_iter()
        .map(|Place { file, from, behind }| {
            let behind = behind.filter(|behind| !behind.is_empty());
            let passed_by = behind.map(|behind| services.passed_by(behind, file, inventory)).unwrap_or_default();
            Front { file, from, passed_by, is_rehearsal: rehearsed.contains(&file) }
        })
        .collect();
    // A whole file that only developers use has its front, too.
    fronts.extend(rehearsed.iter().map(|file| Front { file: *file, from: 0, passed_by: BTreeSet::new(), is_rehearsal: true }));
    fronts.sort_by_key(|front| (front.file, front.from));
    fronts
}

/// Files that compose files for developers mount, and no other compose file or image uses.
fn rehearsed(inventory: &Inventory, needs: &FrontNeeds, services: &Services) -> BTreeSet<FileId> {
    let hits = |need: NeedId| inventory.hits.get(need.0 as usize).map_or(&[][..], Vec::as_slice);
    let mounted = |hit: &Hit, written: &str| {
        let compose = &inventory.file(hit.file).path;
        let source = written.split(':').next().filter(|source| source.starts_with('.') && written.contains(':'))?;
        services::below(services::folder_of(compose), source)
    };
    let is_at = |path: &str, place: &str| {
        !place.is_empty() && path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mounts: Vec<String> = hits(needs.rehearsed).iter().filter_map(|hit| mounted(hit, name_of(hit)?)).collect();
    if mounts.is_empty() {
        return BTreeSet::new();
    }
    let used: Vec<String> = services.mounts().filter_map(|(hit, written)| mounted(hit, written)).collect();
    let copied: Vec<&str> = hits(needs.copied).iter().filter_map(name_of).collect();
    let is_used = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let folder = services::folder_of(path).rsplit('/').next().unwrap_or_default();
        let names = |copied: &&str| copied.split('/').any(|part| part == name || (!folder.is_empty() && part == folder));
        used.iter().any(|place| is_at(path, place)) || copied.iter().any(names)
    };
    (0..inventory.files.len() as u32)
        .map(FileId)
        .filter(|file| {
            let path = &inventory.file(*file).path;
            mounts.iter().any(|place| is_at(path, place)) && !is_used(path)
        })
        .collect()
}

/// The text that a hit keeps.
fn name_of(hit: &Hit) -> Option<&str> {
    hit.captures.iter().find(|(key, _)| &**key == NAME).map(|(_, value)| &**value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::collect::{Context, Prepared, collect};
    use crate::inventory::source::Memory;

    const COMPOSE: &str = "services:\n  api:\n    build: ./api\n    container_name: shop-api\n  admin:\n    build: ./admin\n    ports: ['127.0.0.1:9000:80']\n  ui:\n    image: dpage/pgadmin4\n";

    /// The components for which line 2 of a file counts, beside `COMPOSE`.
    fn fronted(path: &str, text: &str) -> Vec<String> {
        fronted_in(COMPOSE, path, text, 2)
    }

    fn fronted_in(compose: &str, path: &str, text: &str, line: u32) -> Vec<String> {
        let files = ["api/main.py", "admin/main.py"].map(|path| (path, "import fastapi\n")).into_iter();
        let manifests = ["api/requirements.txt", "admin/requirements.txt"].map(|path| (path, "fastapi==0.115.0\n"));
        let files = files.chain(manifests).chain([("docker-compose.yml", compose), (path, text)]);
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
        let mut set = NeedSet::default();
        let needs = FrontNeeds::ask(&mut set);
        let (memory, prepared) = (Memory::new(files), Prepared::new(&set, 0));
        let inventory = collect(&memory, &prepared, Context::default()).inventory;
        let file = inventory.files.iter().position(|file| &*file.path == path).unwrap();
        let hit = Hit { line: Some(line), ..Hit::of_file(FileId(file as u32)) };
        let components = inventory.layout.components.iter().enumerate();
        let counting = components.filter(|(index, _)| counts(&inventory.component(*index), &needs, &hit));
        counting.map(|(_, component)| component.id.clone()).collect()
    }

    fn nginx(address: &str) -> Vec<String> {
        fronted("nginx/nginx.conf", &format!("server {{\n  listen 443 ssl;\n  location / {{ proxy_pass {address}; }}\n}}\n"))
    }

    #[test]
    fn a_host_leads_to_the_component_that_its_service_is_built_from() {
        assert_eq!(nginx("http://api:8000/v1/"), ["api"]);
        assert_eq!(nginx("http://shop-api"), ["api"]);
        assert_eq!(nginx("http://localhost:9000"), ["admin"]);
        assert_eq!(nginx("http://ui:80"), [""; 0]);
        for unknown in ["http://elsewhere:80", "http://$backend", "http://localhost:1", "http://unix:/run/api.sock"] {
            assert_eq!(nginx(unknown), ["admin", "api"], "{unknown}");
        }
    }

    #[test]
    fn an_upstream_stands_for_its_servers() {
        let text = |servers: &str| {
            format!("server {{\n  listen 443 ssl;\n  location / {{ proxy_pass http://all; }}\n}}\nupstream all {{\n{servers}}}\n")
        };
        assert_eq!(fronted("nginx.conf", &text("server api:8000;\nserver ui:80;\n")), ["api"]);
        assert_eq!(fronted("nginx.conf", &text("server api:8000;\nserver 10.0.0.1:80;\n")), ["admin", "api"]);
    }

    #[test]
    fn sites_of_caddy_are_apart() {
        let text = "a.example.com {\n  tls x@example.com\n  reverse_proxy @v1 api:80 {\n    lb_policy first\n  }\n}\nb.example.com {\n  reverse_proxy {$TO}\n}\n";
        assert_eq!(fronted("Caddyfile", text), ["api"]);
        assert_eq!(fronted_in(COMPOSE, "Caddyfile", text, 8), ["admin", "api"]);
    }

    #[test]
    fn traefik_serves_what_labels_announce() {
        let labels = "    labels: [traefik.http.routers.api.rule=Host(`a`)]\n  admin:";
        let compose = COMPOSE.replace("  admin:", labels);
        let text = "certificatesResolvers:\n  le: {}\n";
        assert_eq!(fronted_in(&compose, "traefik/traefik.yml", text, 2), ["api"]);
        assert_eq!(fronted_in(COMPOSE, "traefik/traefik.yml", text, 2), ["admin", "api"]);
        let url = format!("{text}http: {{services: {{a: {{loadBalancer: {{servers: [{{url: 'http://admin:80'}}]}}}}}}}}\n");
        assert_eq!(fronted_in(&compose, "traefik/traefik.yml", &url, 2), ["admin", "api"]);
        assert_eq!(fronted_in(COMPOSE, "traefik/traefik.yml", &url, 2), ["admin"]);
    }

    #[test]
    fn a_proxy_in_the_folder_of_a_component_is_its_own() {
        let text = "server {\n  listen 443 ssl;\n  location /api/ { proxy_pass http://api:8000; }\n}\n";
        assert_eq!(fronted("admin/nginx.conf", text), ["admin", "api"]);
    }
}
