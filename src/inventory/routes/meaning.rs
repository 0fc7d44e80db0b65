//! Which scopes an expression means: by the names of a file, through what it imports, or by the module that it names.

use crate::inventory::view::FileId;

use super::chain::Chains;
use super::fact::Fact;
use super::path;

/// Most files through which an import is followed.
const MAX_HOPS: usize = 4;

/// What the scope that a file is about is called, where it holds several.
const MAIN_NAMES: &[&str] = &["urlpatterns", "router", "routes", "app"];

impl<'a> Chains<'a> {
    /// The scopes that an expression means: by name, through imports, or by the module that it names.
    pub(super) fn meant(&self, expression: &str, at: &Fact<'_>) -> Vec<usize> {
        let text = expression.trim().trim_start_matches(['&', '*']);
        if let Some(module) = text.strip_prefix("require(").or_else(|| text.strip_prefix("import(")) {
            let (module, rest) = module.split_once(')').unwrap_or((module, ""));
            let symbol = rest.trim_start_matches('.').split(['(', '.']).next().filter(|symbol| !symbol.is_empty());
            return self.in_files(&self.modules.files(at.file, path::unquoted(module)), symbol, 0);
        }
        // `NewUsers(db).Register` is a method of what the call returns.
        if let Some((made, method)) = text.rsplit_once(").")
            && let (Some(maker), Some(method)) = (made.split('(').next(), method.split('(').next())
            && !method.contains('.')
        {
            let hint = maker.rsplit(['.', ':']).next().unwrap_or(maker);
            return self.narrowed(self.scopes_called(method), &[hint]);
        }
        let text = text.split(['(', '<', '!']).next().unwrap_or(text).trim();
        if text.starts_with(['"', '\'']) {
            return self.in_files(&self.modules.files(at.file, path::unquoted(text)), None, 0);
        }
        let parts: Vec<&str> = text.split(['.', ':', '\\']).map(str::trim).filter(|part| !part.is_empty()).collect();
        match parts[..] {
            [] => Vec::new(),
            [name] => {
                if let Some(scope) = self.router(name, at) {
                    return vec![scope];
                }
                let imported = self.imported(at.file, name, 0);
                if imported.is_empty() { self.only_one(name) } else { imported }
            }
            [first, .., last] => self.qualified(first, parts[parts.len() - 2], last, &parts[..parts.len() - 1], at.file),
        }
    }

    fn qualified(&self, first: &str, hint: &str, last: &str, module: &[&str], from: FileId) -> Vec<usize> {
        if let Some((module, symbol)) = self.modules.import(from, first) {
            // What a constructor of an imported package made belongs to that package.
            let module = self.modules.import(from, module).map_or(module, |(package, _)| package);
            let deeper = symbol.map(|symbol| self.modules.files(from, &deeper(module, symbol))).unwrap_or_default();
            for files in [deeper, self.modules.files(from, module)] {
                let found = self.in_files(&files, Some(last), 0);
                if !found.is_empty() {
                    return self.narrowed(found, &[hint, symbol.unwrap_or(hint)]);
                }
            }
        }
        let wanted: Vec<&str> = module.iter().copied().filter(|part| !matches!(*part, "crate" | "self" | "super")).collect();
        let by_module = self.in_files(&self.modules.ending_with(from, &wanted), Some(last), 0);
        if !by_module.is_empty() {
            return by_module;
        }
        let is_itself = matches!(hint, "self" | "this" | "Self") || hint.len() <= 2;
        let own = self.named.get(&(from, last)).filter(|_| is_itself).cloned().unwrap_or_default();
        // `usersHandler.Register` belongs to the file whose name is in `usersHandler`.
        let hinted = self.narrowed(self.scopes_called(last), &[hint]);
        if hinted.len() == 1 {
            return hinted;
        }
        if own.len() == 1 { own } else { self.only_one(last) }
    }

    /// Of several, the one that a hint names: by its class, or else by its file.
    fn narrowed(&self, found: Vec<usize>, hints: &[&str]) -> Vec<usize> {
        if found.len() < 2 {
            return found;
        }
        let by_class = |hint: &str, scope: usize| {
            let class = self.facts.scopes[scope].get("CLASS");
            class.is_some_and(|class| bare(class) == bare(hint))
        };
        let by_file = |hint: &str, scope: usize| {
            let file = self.facts.scopes[scope].path.rsplit('/').next().unwrap_or_default();
            let stem = bare(file.split('.').next().unwrap_or_default());
            stem.len() > 2 && bare(hint) == stem
        };
        let named_by = |fits: &dyn Fn(&str, usize) -> bool| {
            hints.iter().find_map(|hint| {
                let hinted: Vec<usize> = found.iter().copied().filter(|scope| fits(hint, *scope)).collect();
                (hinted.len() == 1).then_some(hinted)
            })
        };
        named_by(&by_class).or_else(|| named_by(&by_file)).unwrap_or(found)
    }

    fn scopes_called(&self, name: &str) -> Vec<usize> {
        let scopes = self.facts.scopes.iter().enumerate();
        scopes.filter(|(_, scope)| scope.get("NAME") == Some(name)).map(|(index, _)| index).collect()
    }

    /// The functions that make a router and have the name that an expression calls last.
    pub(super) fn makers_called(&self, expression: &str) -> Vec<usize> {
        let call = expression.rsplit_once(").").map_or(expression, |(_, call)| call);
        let name = call.split('(').next().and_then(|callee| callee.rsplit(['.', ':']).next()).unwrap_or_default().trim();
        let makes = |scope: &usize| {
            let scope = &self.facts.scopes[*scope];
            scope.definition.inside && scope.get("ROUTER").is_none()
        };
        self.scopes_called(name).into_iter().filter(makes).collect()
    }

    /// The scope of this name, if no other has it.
    fn only_one(&self, name: &str) -> Vec<usize> {
        let all = self.scopes_called(name);
        if all.len() == 1 { all } else { Vec::new() }
    }

    /// What a name that a file imports means.
    fn imported(&self, file: FileId, name: &str, hops: usize) -> Vec<usize> {
        let Some((module, symbol)) = self.modules.import(file, name) else {
            let mut whole = self.modules.whole_imports(file);
            let of_module = |module: &str| self.in_files(&self.modules.files(file, module), Some(name), hops + 1);
            return if hops < MAX_HOPS {
                whole.find_map(|module| Some(of_module(module)).filter(|f| !f.is_empty())).unwrap_or_default()
            } else {
                Vec::new()
            };
        };
        let found = self.in_files(&self.modules.files(file, module), symbol, hops);
        match symbol {
            Some(symbol) if found.is_empty() => self.in_files(&self.modules.files(file, &deeper(module, symbol)), None, hops),
            _ => found,
        }
    }

    /// The scope of this name in the files; without a name, the one that each file is about.
    fn in_files(&self, files: &[FileId], name: Option<&str>, hops: usize) -> Vec<usize> {
        let mut found = Vec::new();
        for file in files {
            let named = name.and_then(|name| self.named.get(&(*file, name)));
            match (named, name) {
                (Some(scopes), _) => found.extend(scopes.first()),
                (None, Some(name)) if name != "default" && hops < MAX_HOPS => {
                    let further = self.imported(*file, name, hops + 1);
                    // A default export is imported under any name.
                    let main = || self.main(*file).filter(|_| self.may_rename(*file));
                    found.extend(if further.is_empty() { main().into_iter().collect() } else { further });
                }
                _ => found.extend(self.main(*file)),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Does the language let a module be imported under any name?
    fn may_rename(&self, file: FileId) -> bool {
        use crate::model::language::Language::{JavaScript, Tsx, TypeScript};
        matches!(self.view.inventory.file(file).language, Some(JavaScript | TypeScript | Tsx))
    }

    /// The scope that a file is about: the only one that hangs on no other of the file.
    fn main(&self, file: FileId) -> Option<usize> {
        let scopes: Vec<usize> = self.by_file.get(&file)?.clone();
        let free: Vec<usize> = scopes
            .into_iter()
            .filter(|scope| {
                let scope = &self.facts.scopes[*scope];
                scope.get("PARENT").is_none() && self.enclosing(scope, None).is_none()
            })
            .collect();
        match free[..] {
            [only] => Some(only),
            _ => {
                let called = |name: &str| free.iter().copied().find(|scope| self.facts.scopes[*scope].get("NAME") == Some(name));
                MAIN_NAMES.iter().find_map(|name| called(name))
            }
        }
    }

    /// The files that an imported name comes from.
    pub(super) fn files_of_import(&self, file: FileId, name: &str) -> Vec<FileId> {
        let Some((module, symbol)) = self.modules.import(file, name) else { return Vec::new() };
        let deeper = symbol.map(|symbol| self.modules.files(file, &deeper(module, symbol))).unwrap_or_default();
        if deeper.is_empty() { self.modules.files(file, module) } else { deeper }
    }
}

/// The module that a symbol of a module may be itself.
fn deeper(module: &str, symbol: &str) -> String {
    let separator = if module.contains('/') { "/" } else { "." };
    if module.ends_with('.') { format!("{module}{symbol}") } else { format!("{module}{separator}{symbol}") }
}

/// What a name is about: `NewUserHandler`, `userHandler` and `user_handler` are about the same.
fn bare(name: &str) -> String {
    const ENDINGS: &[&str] = &["handlers", "handler", "controller", "routes", "router", "resource", "api", "http"];
    let name = name.rsplit(['.', '*']).next().unwrap_or(name);
    let name = name.strip_prefix("New").filter(|rest| !rest.is_empty()).unwrap_or(name);
    let mut plain = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    while let Some(ending) = ENDINGS.iter().find(|ending| plain.len() > ending.len() && plain.ends_with(*ending)) {
        plain.truncate(plain.len() - ending.len());
    }
    plain
}
