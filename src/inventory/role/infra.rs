//! File names that are about how an application is built into an image, deployed and watched. To add a tool, name its file here and
//! in the table of the tests of [`super`].

use super::Inside;
use super::names::Name;

pub(super) fn is_compose(file: &Name) -> bool {
    const TOOLS: &[&str] = &["docker-compose", "compose", "docker-stack", "docker-swarm", "swarm", "podman-compose"];
    // `stack.yaml` is that of a build tool of Haskell.
    let is_stack = file.begins("stack") && file.text != "stack.yaml";
    file.is_yaml() && (is_stack || TOOLS.iter().any(|tool| file.begins(tool)))
}

/// How a container image is built.
pub(super) fn is_dockerfile(file: &Name) -> bool {
    let by_name = file.begins("dockerfile") || file.begins("containerfile");
    (by_name && !file.is_code && !matches!(file.extension(), "dockerignore" | "md" | "j2" | "original" | "orig" | "old" | "bak"))
        || matches!(file.extension(), "dockerfile" | "containerfile")
}

/// What the configuration of a server is made from when it is deployed.
pub(super) fn is_conf_template(file: &Name) -> bool {
    file.text
        .rsplit_once('.')
        .is_some_and(|(name, ending)| name.ends_with(".conf") && matches!(ending, "template" | "tpl" | "tmpl" | "j2"))
}

/// A template without the ending of what it becomes, called after nginx or in a folder of nginx: `nginx/default.template`.
pub(super) fn is_nginx_template(file: &Name, inside: &Inside) -> bool {
    let Some((made, "template" | "tpl" | "tmpl" | "j2")) = file.text.rsplit_once('.') else { return false };
    let is_of_nginx = inside.parent.contains("nginx") || (inside.parent == "templates" && inside.grandparent.contains("nginx"));
    let is_other = || ["env", "dockerfile", "makefile", "readme", "index"].iter().any(|word| made.starts_with(word));
    !made.is_empty() && !made.contains('.') && (made.starts_with("nginx") || (is_of_nginx && !is_other()))
}

/// Is it about how the application is deployed?
pub(super) fn is_infra_name(file: &Name) -> bool {
    if is_dockerfile(file) || is_compose(file) {
        return true;
    }
    match file.text {
        ".dockerignore"
        | "caddyfile"
        | "haproxy.cfg"
        | "procfile"
        | "fly.toml"
        | "render.yaml"
        | "app.yaml"
        | "vercel.json"
        | "netlify.toml"
        | "serverless.yml"
        | "serverless.yaml"
        | "serverless.ts"
        | "serverless.js"
        | "serverless.json"
        | "railway.json"
        | "railway.toml"
        | "heroku.yml"
        | "wrangler.toml"
        | "wrangler.json"
        | "wrangler.jsonc"
        | "firebase.json"
        | "amplify.yml"
        | "apprunner.yaml"
        | "chart.yaml"
        | "cdk.json"
        | "samconfig.toml"
        | "nixpacks.toml"
        | "ansible.cfg"
        | "supervisord.conf"
        | "staticwebapp.config.json"
        | "docker-entrypoint.sh"
        | "entrypoint.sh"
        | "captain-definition"
        | "aptfile" => true,
        _ => match file.extension() {
            "tf" | "tfvars" | "hcl" | "bicep" | "nomad" | "dockerignore" => true,
            "conf" | "template" => file.begins("nginx") || is_conf_template(file),
            "tpl" | "tmpl" | "j2" => is_conf_template(file),
            "service" | "timer" => true,
            "toml" => file.begins("fly") || file.begins("traefik"),
            "yml" | "yaml" => {
                let tools = [
                    "values",
                    "kustomization",
                    "pulumi",
                    "template",
                    "skaffold",
                    "helmfile",
                    "playbook",
                    "prometheus",
                    "alertmanager",
                    "otel-collector",
                    "traefik",
                    "envoy",
                    "deployment",
                    "ingress",
                ];
                tools.iter().any(|tool| file.begins(tool))
            }
            _ => false,
        },
    }
}
