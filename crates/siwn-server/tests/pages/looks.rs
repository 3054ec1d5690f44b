//! How the pages look: theme, name, logo, style sheet, template.

use http::StatusCode;
use siwn_server::{LoginPage, Logo, Template};

use crate::support::Server;
use crate::{PAGES, header, nonce};

const SVG: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/>";

fn with(page: LoginPage) -> Server {
    Server::with(|builder| builder.login_page(page))
}

#[tokio::test]
async fn a_theme_is_a_style_sheet_of_the_own_origin_behind_the_pages_own() {
    let server = with(LoginPage::new().theme("accent=#7a1fa2, radius=4, scheme=light".parse().unwrap()));
    for (page, base) in [("/login", "api/auth/page/"), ("/api/auth/callback", "page/")] {
        let answer = server.get(page, &[]).await;
        let sheets = format!(
            "<link rel=\"stylesheet\" href=\"{base}page.css\">\n<link rel=\"stylesheet\" href=\"{base}theme.css\">\n<script"
        );
        assert!(answer.body.contains(&sheets), "{page}");
        assert!(answer.body.contains("<meta name=\"color-scheme\" content=\"light\">"), "{page}");
        let policy = header(&answer.headers, "content-security-policy");
        assert!(policy.contains("style-src 'self'; connect-src 'self'; img-src data:; frame-src"), "{policy}");
    }
    let css = server.get("/api/auth/page/theme.css", &[]).await;
    assert_eq!(header(&css.headers, "content-type"), "text/css; charset=utf-8");
    assert!(css.body.contains("--accent: light-dark(#7a1fa2, #7a1fa2);") && css.body.contains("--radius: 4px;"), "{}", css.body);
}

#[tokio::test]
async fn without_a_theme_there_is_none() {
    let server = Server::new();
    assert!(!server.get("/login", &[]).await.body.contains("theme.css"));
    for name in ["theme.css", "style.css", "logo"] {
        assert_eq!(server.get(&format!("/api/auth/page/{name}"), &[]).await.error(), "not_found", "{name}");
    }
}

#[tokio::test]
async fn a_site_is_called_by_its_name_and_still_says_where_it_is_and_what_is_signed() {
    let server = with(LoginPage::new().name("Söhne & <Co>".parse().unwrap()));
    for page in PAGES {
        let body = server.get(page, &[]).await.body;
        assert!(body.contains("<title>Sign in to Söhne &amp; &lt;Co&gt;</title>"), "{page}");
        assert!(body.contains("<p class=\"site\">https://app.example</p>"), "{page}");
    }
    assert!(server.get("/login", &[]).await.body.contains(">Sign in to app.example</p>"), "the message is what it is");
}

#[tokio::test]
async fn a_logo_is_a_picture_and_can_be_nothing_else() {
    let server = with(LoginPage::new().logo(Logo::new(SVG).unwrap()));
    for (page, base) in [("/login", "api/auth/page/"), ("/api/auth/callback", "page/")] {
        let answer = server.get(page, &[]).await;
        assert!(answer.body.contains(&format!("<img class=\"logo\" src=\"{base}logo\" alt=\"\">")), "{page}");
        assert!(header(&answer.headers, "content-security-policy").contains("img-src data: 'self';"), "{page}");
    }
    let logo = server.get("/api/auth/page/logo", &[]).await;
    assert_eq!((logo.body.as_str(), header(&logo.headers, "content-type")), (SVG, "image/svg+xml"));
    assert_eq!(
        header(&logo.headers, "content-security-policy"),
        "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "opened by itself it runs nothing"
    );
}

#[tokio::test]
async fn a_template_surrounds_both_pages_and_the_policy_stays_ours() {
    let text = "<!doctype html>\n<html lang=\"{{lang}}\"><head>\n{{head}}</head>\n<body><nav>{{name}} {{recipient}} {{origin}}</nav>\n{{login}}\
                <footer>Ours</footer></body></html>";
    let template: Template = text.parse().unwrap();
    let page = LoginPage::new().template(template).name("A & B".parse().unwrap()).style(".siwn { padding: 0 }");
    let server = with(page);
    for page in PAGES {
        let answer = server.get(page, &[("accept-language", "de")]).await;
        let body = &answer.body;
        assert!(body.starts_with("<!doctype html>\n<html lang=\"de\"><head>\n<meta charset=\"utf-8\">"), "{body}");
        assert!(body.contains("<nav>A &amp; B app.example https://app.example</nav>"), "{body}");
        assert!(body.ends_with("<footer>Ours</footer></body></html>"), "{body}");
        assert!(body.contains("<main>") && !body.contains("{{"), "{body}");
        let policy = header(&answer.headers, "content-security-policy").replace(nonce(&answer), "N");
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'nonce-N'; style-src 'self'; connect-src 'self'; img-src data: 'self'; font-src 'self'; \
             frame-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
    }
    let style = server.get("/api/auth/page/style.css", &[]).await;
    assert_eq!((style.status, style.body.as_str()), (StatusCode::OK, ".siwn { padding: 0 }"));
}

#[tokio::test]
async fn what_a_request_says_is_not_looked_through_for_places() {
    let template: Template = "<head>{{head}}</head>{{login}}".parse().unwrap();
    let server = with(LoginPage::new().template(template).name("{{nonce}} {{login}}".parse().unwrap()));
    let answer = server.get("/login?return_to=/%7B%7Bnonce%7D%7D", &[]).await;
    assert_eq!(answer.body.matches("<main>").count(), 1);
    assert!(answer.body.contains("Sign in to {{nonce}} {{login}}"));
}
