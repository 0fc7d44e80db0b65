//! Tests of the mask, language by language.

use proptest::prelude::*;

use super::lexer::Lexer;
use super::strings::{Body, Close, Holes};
use super::*;

/// The text with code as `.`, comments as `#`, strings as `"`; newlines stay.
fn classes(syntax: Syntax, text: &str) -> String {
    let mask = Mask::new(syntax, text);
    let class = |(at, c): (usize, char)| match (c, mask.class_at(at)) {
        ('\n', _) => '\n',
        (_, Class::Code) => '.',
        (_, Class::Comment) => '#',
        (_, Class::String) => '"',
    };
    text.char_indices().map(class).collect()
}

/// Asserts which words are code, which are in comments and which in strings: `code_…`, `note_…`, `text_…`.
fn words(syntax: Syntax, text: &str) {
    let mask = Mask::new(syntax, text);
    let mut seen = 0;
    for (prefix, class) in [("code_", Class::Code), ("note_", Class::Comment), ("text_", Class::String)] {
        for (at, _) in text.match_indices(prefix) {
            seen += 1;
            let word: String = text[at..].chars().take(12).collect();
            assert_eq!(mask.class_at(at), class, "{syntax:?}: {word} in {text}\n{}", classes(syntax, text));
        }
    }
    assert!(seen > 0, "no marked word in {text}");
}

#[test]
fn python() {
    words(Syntax::Python, "code_a = 'text_b' # note_c\ncode_d = \"text_e # text_f\" + r'\\text_g'\n");
    words(Syntax::Python, "def f():\n    \"\"\"text_a 'text_b' \" text_c\n    # text_d\n    \"\"\"\n    code_e()\n");
    words(Syntax::Python, "x = f'text_a {code_b[\"text_c\"]:>{code_d}} {{text_e}}' + code_f # note_g\n");
    words(Syntax::Python, "x = f\"{code_a:#x} text_b\"; code_c # note_d\n");
    words(Syntax::Python, "x = rb'text_a' ; code_b('it\\'s text_c')\n");
    words(Syntax::Python, "x = f'''text_a {code_b}\n text_c {code_d!r} ''' ; code_e\n");
    words(Syntax::Python, "x = rf\"text_a\\{code_b}\" + code_c\n");
    words(Syntax::Python, "x = 'broken\ncode_a # note_b\n");
    assert_eq!(classes(Syntax::Python, "a = rb'x'"), "....\"\"\"\"\"");
}

#[test]
fn javascript() {
    words(Syntax::JavaScript, "code_a('text_b', \"text_c\") // note_d 'note_e\ncode_f /* note_g\n note_h */ code_i\n");
    words(Syntax::JavaScript, "x = `text_a ${code_b(`text_c ${code_d} text_e`)} text_f\n text_g`; code_h\n");
    words(Syntax::JavaScript, "x = `${ {a: {b: code_a}} } text_b`; code_c // note_d\n");
    words(Syntax::JavaScript, "if (/text_a['\"/]text_b/.test(code_c)) { code_d / code_e / code_f } // note_g\n");
    words(Syntax::JavaScript, "return /text_a\\/text_b/g; code_c = code_d / 2; // note_e\n");
    words(Syntax::JavaScript, "x = a ? 'text_a':'text_b'; y = a?'text_c':code_d; case'text_e': code_f\n");
    words(Syntax::JavaScript, "// note_a\n/* note_b */ /text_c'/; code_d\n");
}

#[test]
fn jsx() {
    words(Syntax::JavaScript, "<p>Don't do code_a <b x={code_b}>it</b></p>; code_c\n");
    words(Syntax::JavaScript, "<p>it isn't {code_a('text_b')} and won't</p>\ncode_c\n");
    words(Syntax::JavaScript, "<a href='text_a' /> ; code_b / code_c\n<Foo bar={x} /><B c={code_d} />\n");
    words(Syntax::JavaScript, "<div className=\"text_a\n   text_b\" onClick={() => code_c(\"text_d\")}>\n");
    words(Syntax::JavaScript, "<a>http://code_a</a> https://</Label> code_b // note_c\n<div>/path</div> code_d <b>/</b>\n");
}

#[test]
fn go_java_kotlin_csharp() {
    words(Syntax::Go, "code_a(\"text_b \\\" text_c\", `text_d \\`, '\\'', code_e) // note_f\n/* note_g */ code_h\n");
    words(Syntax::Java, "String a = \"\"\"\n  text_a \"text_b\" // text_c\n  \"\"\"; code_d('\"'); // note_e\n");
    words(Syntax::Java, "/** note_a's\n * note_b \"\n */ @code_c(\"text_d\")\n");
    words(Syntax::Kotlin, "val a = \"text_a ${code_b(\"text_c\")} $code_d text_e\" // note_f\n");
    words(
        Syntax::Kotlin,
        "val a = \"\"\"text_a \"text_b\" ${code_c} text_d\"\"\"\" + code_e /* note_f /* note_g */ note_h */ code_i\n",
    );
    words(Syntax::CSharp, "var a = @\"text_a \\\" + code_b + @\"text_c \"\" text_d\"; // note_e\n");
    words(
        Syntax::CSharp,
        "var a = $\"text_a {code_b(\"text_c\")} {{text_d}}\" + code_e; var b = $@\"text_f {code_g}\n text_h\";\n",
    );
    words(Syntax::CSharp, "var a = $$\"\"\"text_a {text_b} {{code_c}} \"\" text_d\n\"\"\"; code_e = '\"'; code_f // note_g\n");
    words(Syntax::CSharp, "#region Don't\ncode_a(\"text_b\");\n#endregion\n");
}

#[test]
fn rust() {
    words(Syntax::Rust, "fn code_a<'a>(x: &'a str, c: char) -> &'static code_b { '\"'; '\\''; 'é'; code_c } // note_d's\n");
    words(Syntax::Rust, "let a = r#\"text_a \" text_b\"#; let b = br##\"text_c \"# text_d\"##; code_e(b\"text_f\"); code_g\n");
    words(Syntax::Rust, "/* note_a /* note_b */ note_c */ code_d; \"text_e\n text_f\"; code_g // note_h\n/// note_i\n");
    words(Syntax::Rust, "/*/* note_a */*/ code_b /**/ code_c /***/ code_d\n'outer: loop { break 'outer; code_e }\n");
}

#[test]
fn ruby() {
    words(Syntax::Ruby, "code_a 'text_b' # note_c\ncode_d \"text_e #{code_f(\"text_g\")} text_h\" # note_i\n");
    words(Syntax::Ruby, "=begin\nnote_a 'x\n=end\ncode_b\n__END__\nnote_c\n");
    words(Syntax::Ruby, "a = <<~SQL.strip + code_a\n  text_b #{code_c} 'text_d\n  SQL\ncode_e # note_f\n");
    words(Syntax::Ruby, "f(<<-A, <<'B', code_a)\ntext_b\n  A\ntext_c #{text_d}\nB\ncode_e\n");
    words(Syntax::Ruby, "list << code_a; class << self; code_b << \"text_c\"; end; ITEMS <<code_d\n");
    words(Syntax::Ruby, "%w[text_a text_b].each { |x| code_c } ; %i(text_d (text_e)) ; code_f % code_g\n");
    words(
        Syntax::Ruby,
        "if x =~ /text_a\\/'text_b/ then code_c end # note_d\ncode_e / 2 / code_f\nx = ?' ; code_g ; $' ; code_h\n",
    );
    words(Syntax::Ruby, "assert_equal %(<a>You're text_a</a>), code_b\nmatch /text_c'/ ; code_d / 2 ; x % (code_e)\n");
    words(Syntax::Ruby, "def a?(b)\n  /^#{code_a[\"text_b\"]}text_c$/.match? code_d # note_e\n");
    words(Syntax::Ruby, "get 'text_a', to: \"text_b\n text_c\" ; code_d\n");
}

#[test]
fn php() {
    words(Syntax::Php, "<p>text_a don't</p>\n<!-- note_b --><?php code_c('text_d'); // note_e ?> text_f <?= code_g ?>\ntext_h\n");
    words(Syntax::Php, "<?php\n# note_a\n#[code_b('text_c')]\n$x = \"text_d {$code_e['text_f']} $code_g->code_h text_i\";\n");
    words(
        Syntax::Php,
        "<?php\n$a = <<<SQL\n  text_a 'text_b {$code_c}\n  SQL;\ncode_d(); $b = <<<'X'\ntext_e $text_f\nX;\ncode_g\n",
    );
    words(Syntax::PhpCode, "code_a('text_b') // note_c\n");
    words(Syntax::Php, "code_a('text_b') // note_c\n");
}

#[test]
fn configuration_formats() {
    words(
        Syntax::Yaml,
        "code_a: \"text_b # text_c\" # note_d\ncode_e: it's code_f#code_g # note_h\ncode_i: 'it''s # text_j'\n# note_k\n",
    );
    words(
        Syntax::Toml,
        "code_a = \"text_b # text_c\" # note_d\ncode_e = '''\ntext_f # text_g\n''' # note_h\ncode_i = 'C:\\' # note_j\n",
    );
    words(Syntax::Ini, "[code_a]\n; note_b\n  # note_c\ncode_d = x # code_e ; code_f\n");
    words(Syntax::Dockerfile, "# note_a\nRUN code_b # code_c\n  # note_d\n");
    words(Syntax::Shell, "code_a $# ${code_b#code_c} 'text_d # text_e' # note_f\n# note_g\n");
    words(Syntax::Dotenv, "code_a=code_b#code_c # note_d\ncode_e='text_f # text_g'\n# note_h\n");
    words(
        Syntax::Hcl,
        "code_a = \"text_b ${code_c[\"text_d\"]} // text_e\" // note_f\ncode_g = <<-EOT\n text_h # text_i\n EOT\ncode_j # note_k\n",
    );
    words(Syntax::Nginx, "code_a \"text_b # text_c\"; # note_d\ncode_e;# note_f\n");
    words(Syntax::Sql, "code_a 'text_b -- ''text_c' -- note_d\n/* note_e */ code_f\n");
    words(Syntax::Markup, "<code_a><!-- note_b\n note_c --><code_d>'code_e</code_d>\n");
    words(Syntax::CLike, "{ \"text_a\": 1, // note_b\n /* note_c */ code_d }\n");
    words(Syntax::Hash, "code_a==1.0 # note_b\n# note_c\n-e git+https://x#code_d\n");
}

#[test]
fn blanking_keeps_length_lines_and_what_was_asked_for() {
    let text = "código = 'tëxt' # nöte\r\nfin()\n";
    let mask = Mask::new(Syntax::Python, text);
    assert_eq!(mask.blanked(text, Keep::Code), "código =                \r\nfin()\n");
    let plain = Mask::new(Syntax::Python, "a = 'b'");
    assert!(matches!(plain.blanked("a = 'b'", Keep::CodeAndStrings), Cow::Borrowed("a = 'b'")));
    assert_eq!(plain.blanked("a = 'b'", Keep::Code), "a =    ");
    assert_eq!(mask.blanked(text, Keep::CodeAndStrings), "código = 'tëxt'        \r\nfin()\n");
    assert_eq!(mask.blanked(text, Keep::Comments), "                  # nöte\r\n     \n");
    assert_eq!(mask.class_at(10_000), Class::Code);
}

#[test]
fn php_becomes_code_of_the_same_length() {
    assert_eq!(php_code("<p>a</p>\n<?php f(); ?>\n<b><?= $x ?></b>"), "        \n      f(); ; \n       $x ;     ");
    assert_eq!(php_code("f('<p>');"), "f('<p>');");
}

#[test]
fn a_path_says_its_syntax() {
    assert_eq!(Syntax::of_path("a/b.py"), Syntax::Python);
    assert_eq!(Syntax::of_path("a/Dockerfile"), Syntax::Dockerfile);
    assert_eq!(Syntax::of_path("a/prod.Dockerfile"), Syntax::Dockerfile);
    assert_eq!(Syntax::of_path(".env.production"), Syntax::Dotenv);
    assert_eq!(Syntax::of_path("nginx/site.conf"), Syntax::Nginx);
    assert_eq!(Syntax::of_path("requirements-dev.txt"), Syntax::Hash);
    assert_eq!(Syntax::of_path("LICENSE"), Syntax::Plain);
    assert_eq!(mask("x.yml", "# a").class_at(1), Class::Comment);
}

const ALL: &[Syntax] = &[
    Syntax::Python,
    Syntax::JavaScript,
    Syntax::Go,
    Syntax::Java,
    Syntax::Kotlin,
    Syntax::Ruby,
    Syntax::Php,
    Syntax::PhpCode,
    Syntax::CSharp,
    Syntax::Rust,
    Syntax::CLike,
    Syntax::Css,
    Syntax::Sql,
    Syntax::Hcl,
    Syntax::Toml,
    Syntax::Yaml,
    Syntax::Shell,
    Syntax::Dockerfile,
    Syntax::Dotenv,
    Syntax::Ini,
    Syntax::Properties,
    Syntax::Nginx,
    Syntax::Hash,
    Syntax::Markup,
    Syntax::Plain,
];

/// A mask is ascending, within the text and between characters; blanking keeps the length.
fn is_sound(syntax: Syntax, text: &str) {
    let mask = Mask::new(syntax, text);
    let mut last = 0;
    for (start, end, class) in mask.regions() {
        assert!(last <= start && start < end && end <= text.len(), "{syntax:?} {start}..{end} after {last} in {text:?}");
        assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{syntax:?} {start}..{end} in {text:?}");
        assert_ne!(class, Class::Code);
        last = end;
    }
    for keep in [Keep::Code, Keep::CodeAndStrings, Keep::Comments] {
        assert_eq!(mask.blanked(text, keep).len(), text.len());
    }
    assert_eq!(php_code(text).len(), text.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_lexed(text in r##"(["'`/\#{}$@<>?=%*\n ~()\[\]-]|<<~A|<<<A|A\n|"""|\*/|<\?php|\?>|=begin|é|µ|f|r|[a-z]){0,60}"##) {
        for syntax in ALL {
            is_sound(*syntax, &text);
        }
    }
}

/// Every kind of string.
fn bodies() -> Vec<Body> {
    let closes = [
        Close::Byte(b'"'),
        Close::Byte(b'/'),
        Close::Run { byte: b'"', count: 3, greedy: true },
        Close::Hashes(1),
        Close::Bracket { open: b'{', close: b'}', depth: 0 },
        Close::Heredoc { start: 0, end: 1 },
    ];
    let holes = [Holes::None, Holes::DollarBrace, Holes::Kotlin, Holes::Php, Holes::HashBrace, Holes::Brace, Holes::Braces(2)];
    let plain = closes.into_iter().flat_map(|close| holes.map(|holes| Body::raw(close).with_holes(holes)));
    plain
        .flat_map(|body| [body, body.with_escapes(), body.with_doubling(), Body { multiline: false, ..body.with_escapes() }])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn bytes_that_are_passed_say_nothing(text in r##"A(["'`/\\#{}$@%aA
 ]|\\"|"""|"#|\$\{|[a-z]{200}){0,30}"##) {
        for syntax in [Syntax::JavaScript, Syntax::Python, Syntax::Php] {
            let lexer = Lexer::new(syntax, &text);
            for body in bodies() {
                let (mut seen, mut passed) = (body, body);
                let every = lexer.look_at(1, &mut seen, body.holes, |at| (at < text.len()).then_some(at));
                prop_assert_eq!(every, lexer.look(1, &mut passed), "{:?} in {:?}", body, text);
            }
        }
    }
}

#[test]
fn hostile_texts_take_linear_time() {
    // Each would take hours if a failed look ahead were repeated from every byte.
    let pieces = [
        "'", "\\'", "=[/", "(/", "\"${", "`${", "f'{", "#{", "{", "/*", "<<A\n", "<<<A\n", "<?", "<!--", "%w(", "r#\"", "$\"{",
        "x=\"",
    ];
    for piece in pieces {
        let text = piece.repeat(60_000 / piece.len());
        for syntax in ALL {
            assert!(Mask::new(*syntax, &text).regions.len() <= text.len());
        }
    }
}
