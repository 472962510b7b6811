//! Wordings of notices by what they speak of, in the languages of most pages.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// What a notice about cookies and personal data speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaks {
    /// Cookies and personal data.
    Subject,
    /// The site says that it uses them.
    Voice,
    /// Agreeing and refusing.
    Act,
    /// What they are for.
    Purpose,
    /// Settings, policies, partners.
    Control,
}

/// Number of [`Speaks`].
pub(super) const KINDS: usize = 5;

#[rustfmt::skip]
const SUBJECT: &[&str] = &[
    "cookie", "similar technologies", "tracking technologies", "personal data", "personal information",
    "unique identifiers", "device scanning", "geolocation data", "gdpr", "ccpa", "your privacy", "local storage",
    "personenbezogene", "données personnelles", "traceurs", "datos personales", "dados pessoais", "dati personali",
    "persoonsgegevens", "dane osobowe", "danych osobowych", "персональн", "файлы куки", "куки", "кукі", "çerez",
    "kişisel veri", "personuppgifter", "evästeitä", "evästeet", "隐私", "隱私", "个人信息", "個人資訊", "个人数据", "クッキー", "個人情報",
    "쿠키", "개인정보", "dữ liệu cá nhân", "data pribadi",
];
#[rustfmt::skip]
const VOICE: &[&str] = &[
    "we use cookies", "we and our partners", "we use our own and third", "site uses cookies", "page uses cookies",
    "platform uses cookies", "uses cookies to", "uses cookies and", "uses cookies for", "use of cookies",
    "use cookies and", "we value your privacy", "we care about your privacy", "your privacy choices",
    "our partners use", "wir verwenden cookies", "wir nutzen cookies", "wir und unsere partner", "verwendet cookies",
    "nutzt cookies", "setzen cookies", "diese website benutzt cookies", "nous utilisons des cookies",
    "utilise des cookies", "nous et nos partenaires", "utilizamos cookies", "usamos cookies", "utiliza cookies",
    "usa cookies", "uso de cookies", "nosotros y nuestros", "utilizziamo cookie", "utilizziamo i cookie",
    "usiamo cookie", "usiamo i cookie", "utilizza cookie", "utilizza i cookie", "noi e i nostri partner",
    "wij gebruiken cookies", "we gebruiken cookies", "maakt gebruik van cookies", "gebruikt cookies",
    "używamy plików cookie", "wykorzystuje pliki cookie", "używa plików cookie", "korzystamy z plików cookie",
    "мы используем cookie", "мы используем файлы", "мы используем куки", "использует файлы cookie",
    "использует cookie", "сайт использует", "ми використовуємо", "çerez kullan", "vi använder cookies",
    "vi bruger cookies", "vi bruker cookies", "vi bruker informasjonskapsler", "använder cookies",
    "käytämme evästeitä", "používáme cookies", "používáme soubory cookie", "使用cookie", "使用 cookie", "使用了cookie",
    "使用了 cookie", "cookie和类似", "cookie 和类似", "cookie和類似", "cookieを使用", "cookie を使用", "クッキーを使用", "쿠키를 사용",
    "sử dụng cookie", "menggunakan cookie", "we process your data", "storing of cookies",
];
#[rustfmt::skip]
const ACT: &[&str] = &[
    "accept", "agree", "consent", "reject", "decline", "allow all", "allow cookies", "opt out", "opt-out",
    "by continuing", "continuing to", "continue to use", "got it", "object to", "withdraw", "permission",
    "akzeptier", "zustimm", "einwillig", "ablehn", "einverstanden", "accepte", "acceptez", "refuse", "consentement",
    "en poursuivant", "continuer sans", "acepta", "rechaza", "al continuar", "aceita", "rejeitar", "concorda",
    "ao continuar", "accett", "rifiut", "acconsent", "proseguendo", "accepteer", "akkoord", "weiger", "toestemming",
    "akceptuj", "zgadzam", "zgod", "odrzu", "принима", "принять", "соглас", "соглаш", "отклон", "погодж", "kabul", "onay",
    "reddet", "godkänn", "godkend", "godta", "samtyck", "samtykke", "hyväksy", "souhlas", "přij", "odmít", "同意",
    "接受", "拒绝", "拒絕", "允许", "继续浏览", "繼續瀏覽", "继续使用", "繼續使用", "許可", "同意する", "受け入れ", "拒否", "동의", "수락", "거부", "đồng ý",
    "chấp nhận", "setuju", "terima",
];
#[rustfmt::skip]
const PURPOSE: &[&str] = &[
    "personalis", "personaliz", "advertis", "analytic", "analys", "analyz", "measurement", "audience", "improve",
    "enhance", "experience", "traffic", "functionality", "social media features", "store and access information",
    "access information on", "marketing", "werbung", "anzeigen", "nutzererlebnis", "erfahrung", "verbesser",
    "personalisier", "publicité", "expérience", "améliorer", "mesure d'audience", "contenus personnalisés",
    "publicidad", "experiencia", "mejorar", "analizar", "publicidade", "experiência", "melhorar", "pubblicit",
    "esperienza", "migliorar", "annunci", "advertenties", "ervaring", "verbeteren", "reklam", "doświadcze", "реклам",
    "улучш", "персонализ", "удобств", "аналит", "deneyim", "iyileştir", "upplevelse", "oplevelse", "opplevelse",
    "analyy", "个性化", "廣告", "广告", "改进", "改進", "改善", "体验", "體驗", "统计", "分析", "広告", "利便性", "最適化", "向上", "광고", "분석",
    "개선", "맞춤", "trải nghiệm", "quảng cáo", "pengalaman", "iklan",
];
#[rustfmt::skip]
const CONTROL: &[&str] = &[
    "preferences", "settings", "privacy policy", "privacy notice", "cookie policy", "cookie notice", "partners",
    "vendors", "legitimate interest", "manage", "customis", "customiz", "necessary cookies", "third party",
    "third-party", "third parties", "more information", "learn more", "find out more", "details", "browser settings",
    "einstellungen", "datenschutz", "mehr erfahren", "notwendige", "paramètre", "préférences", "partenaires",
    "politique de", "en savoir plus", "configura", "preferencias", "política de", "más información", "socios",
    "preferências", "saiba mais", "parceiros", "configurações", "preferenze", "informativa", "maggiori informazioni",
    "instellingen", "voorkeuren", "privacybeleid", "meer informatie", "ustawien", "polityk", "partner", "настройк",
    "политик", "подробнее", "ayarlar", "politika", "inställningar", "indstillinger", "innstillinger", "asetukset",
    "nastavení", "隐私政策", "隱私政策", "隱私權政策", "用户协议", "用戶協議", "偏好", "设置", "設定", "设定", "了解更多", "更多信息", "ポリシー", "詳細", "설정",
    "정책", "자세히", "chính sách", "cài đặt", "kebijakan", "pengaturan",
];

struct Matcher {
    automaton: AhoCorasick,
    kinds: Vec<usize>,
}

static MATCHER: LazyLock<Matcher> = LazyLock::new(|| {
    let lists = [SUBJECT, VOICE, ACT, PURPOSE, CONTROL];
    let words = || (0..).zip(lists).flat_map(|(kind, list)| list.iter().map(move |word| (kind, *word)));
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words().map(|(_, word)| word))
        .expect("a few hundred short phrases are far below the automaton's limits");
    Matcher { automaton, kinds: words().map(|(kind, _)| kind).collect() }
});

/// How often a text speaks of each kind. Latin words count from their start.
pub(super) fn spoken(text: &str) -> [u32; KINDS] {
    let matcher = &*MATCHER;
    let lower = if text.is_ascii() { None } else { Some(text.to_lowercase()) };
    let text = lower.as_deref().unwrap_or(text);
    let bytes = text.as_bytes();
    let mut counts = [0; KINDS];
    for hit in matcher.automaton.find_overlapping_iter(text) {
        let letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
        if letter(hit.start()) && hit.start().checked_sub(1).is_some_and(letter) {
            continue;
        }
        let kind = matcher.kinds.get(hit.pattern().as_usize()).copied().unwrap_or(0);
        if let Some(count) = counts.get_mut(kind) {
            *count += 1;
        }
    }
    counts
}

/// Words of which a page that asks for consent has at least one: the cheap question before the others.
static ANY_SUBJECT: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(SUBJECT.iter().chain(VOICE))
        .expect("a few hundred short phrases are far below the automaton's limits")
});

/// Whether a text may speak of cookies and personal data at all. A capital beyond ASCII hides nothing: the stems
/// of such scripts come with others.
pub(super) fn may_speak(text: &str) -> bool {
    ANY_SUBJECT.is_match(text)
}

/// How prompts to sign in or to get an app are worded, lower case.
#[rustfmt::skip]
const PROMPTS: &[&str] = &[
    "打开app", "打开 app", "app内打开", "app 内打开", "app中打开", "客户端打开", "客户端内打开", "下载app", "下载 app", "下载客户端", "扫码下载",
    "扫描二维码", "扫一扫下载", "立即下载", "立即打开", "登录后查看", "登录后可", "登录查看更多", "登录以继续", "登陆后查看", "请登录后", "请先登录", "微信扫一扫",
    "打開app", "下載app", "登入後", "請先登入", "open in app", "open in the app", "open the app", "download the app",
    "download our app", "get the app", "get our app", "continue in the app", "continue in app", "use the app",
    "view in app", "view in the app", "sign in to continue", "log in to continue", "login to continue",
    "sign in to read", "log in to read", "sign up to read", "log in to see", "sign in to see", "log in to view",
    "sign in to view", "sign up to continue", "register to continue", "create a free account to",
    "in der app öffnen", "app herunterladen", "melden sie sich an, um", "zum weiterlesen anmelden",
    "ouvrir dans l'application", "téléchargez l'application", "connectez-vous pour", "abrir en la app",
    "descarga la app", "descargar la app", "inicia sesión para", "abrir no app", "baixe o app",
    "baixe o aplicativo", "faça login para", "apri nell'app", "scarica l'app", "accedi per",
    "открыть в приложении", "скачайте приложение", "скачать приложение", "войдите, чтобы", "アプリで開く",
    "アプリをダウンロード", "ログインして", "앱에서 보기", "앱 다운로드", "앱에서 열기", "로그인하고", "로그인 후",
];

static ANY_PROMPT: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(PROMPTS)
        .expect("a few dozen short phrases are far below the automaton's limits")
});

/// Whether a text may hold a prompt at all.
pub(super) fn may_prompt(text: &str) -> bool {
    ANY_PROMPT.is_match(text)
}

/// Whether a text asks to sign in or to get an app, and hardly says anything else.
pub(super) fn is_prompt(text: &str) -> bool {
    if text.len() > 300 || !may_prompt(text) {
        return false;
    }
    let lower = text.to_lowercase();
    let covered: usize = PROMPTS.iter().filter(|prompt| lower.contains(*prompt)).map(|prompt| prompt.len()).sum();
    covered > 0 && covered * 4 >= lower.len()
}

/// Whether a text tells readers that the page needs scripts or another browser, and nothing else. Such a text speaks
/// to the reader from its first words.
pub(super) fn is_script_notice(text: &str) -> bool {
    const SCRIPTS: &[&str] =
        &["javascript", "java script", "java-script", "자바스크립트", "cookies and reload", "enable js"];
    #[rustfmt::skip]
    const ASKS: &[&str] = &[
        "enable", "turn on", "turned off", "switched off", "activate", "disabled", "require", "need", "must",
        "not work", "support", "without", "unavailable", "allow", "aktivier", "benötig", "erforderlich",
        "einschalten", "notwendig", "unterstütz", "activ", "nécessaire", "désactiv", "nécessite", "habilit",
        "desactiv", "requiere", "necesita", "necesario", "ativ", "necess", "precisa", "abilit", "attiv", "richied",
        "disattiv", "inschakel", "ingeschakeld", "vereist", "włącz", "wyłącz", "wymag", "включ", "отключ",
        "необходим", "требует", "увімк", "вимкн", "потріб", "etkin", "gerek", "aktivera", "kräver", "slå på",
        "habilitado", "povol", "zapn", "vyžad", "kapcsol", "有効", "無効", "オンに", "必要", "启用", "啟用", "开启", "開啟", "打开",
        "禁用", "停用", "支持", "支援", "활성화", "필요", "사용", "bật", "aktifkan",
    ];
    #[rustfmt::skip]
    const OLD_BROWSERS: &[&str] = &[
        "outdated browser", "upgrade your browser", "update your browser", "browser is not supported",
        "browser is no longer supported", "unsupported browser", "browser does not support",
        "browser doesn't support", "browser not supported", "veralteten browser", "veralteter browser",
        "navigateur obsolète", "mettez à jour votre navigateur", "navegador desactualizado", "navegador obsoleto",
        "actualiza tu navegador", "actualice su navegador", "устаревший браузер", "устаревшую версию браузера",
        "обновите браузер", "浏览器版本过低", "浏览器版本太低", "升级浏览器", "升级您的浏览器", "您的浏览器不支持", "ブラウザはサポート", "지원하지 않는 브라우저",
    ];
    #[rustfmt::skip]
    const STARTS: &[&str] = &[
        "please", "you need", "you must", "you have", "you are using", "you're using", "your browser", "this site",
        "this page", "this app", "this web", "this feature", "this content", "this form", "this video", "the site",
        "javascript", "java script", "enable javascript", "we're sorry", "we are sorry", "sorry", "for full",
        "for the best", "for a better", "to view", "to use", "to continue", "to see", "to get", "to enjoy", "to run",
        "to experience", "in order to", "it looks like", "it seems", "it appears", "looks like", "oops", "warning",
        "note", "notice", "error", "attention", "it is recommended", "some features", "our site", "our website",
        "unfortunately", "turn on", "activate", "must enable", "requires", "browser", "unsupported", "outdated",
        "we've detected", "we have detected", "we noticed", "enable js", "a required part", "bitte", "diese",
        "ihr browser", "sie müssen", "sie benötigen", "um ", "für ", "leider", "achtung", "hinweis", "aktivieren",
        "in ihrem browser", "dein browser", "du musst", "sie verwenden", "veuillez", "votre navigateur",
        "vous devez", "ce site", "cette page", "pour ", "merci", "activez", "désolé", "vous utilisez", "por favor",
        "su navegador", "tu navegador", "este sitio", "esta página", "para ", "debe", "necesita", "habilite",
        "active", "activa", "lo sentimos", "seu navegador", "este site", "você precisa", "ative", "habilita",
        "está usando", "você está", "per favore", "il tuo browser", "questo sito", "questa pagina", "per ",
        "abilita", "attiva", "devi", "si prega", "il browser", "stai usando", "schakel", "uw browser", "je browser",
        "deze", "om ", "gelieve", "proszę", "włącz", "ta strona", "twoja przeglądarka", "do działania", "aby ",
        "пожалуйста", "включите", "ваш браузер", "для ", "этот сайт", "в вашем", "у вас", "вы используете",
        "необходимо", "будь ласка", "увімкніть", "lütfen", "tarayıcı", "bu site", "bu sayfa", "vänligen",
        "din webbläsare", "aktivera", "du måste", "prosím", "povolte", "請", "请", "您的浏览器", "您的瀏覽器", "你的浏览器", "您需要",
        "您正在使用", "本网站", "本站", "本页", "该网站", "此网站", "此页面", "抱歉", "对不起", "當前", "当前浏览器", "检测到", "浏览器", "瀏覽器", "需要",
        "お使いの", "ご利用の", "このサイト", "このページ", "当サイト", "ブラウザ", "申し訳", "ご覧", "자바스크립트", "이 사이트", "이 페이지", "브라우저", "사용 중인",
        "귀하의", "vui lòng", "trình duyệt", "harap", "silakan",
    ];
    if text.len() > 600 {
        return false;
    }
    let lower = text.to_lowercase();
    let lower = lower.trim_start_matches(|char: char| !char.is_alphanumeric());
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let sentences = lower.matches(['.', '!', '?', '。', '！']).count();
    let starts = STARTS.iter().any(|start| lower.starts_with(start));
    starts && sentences <= 4 && ((has(SCRIPTS) && has(ASKS)) || has(OLD_BROWSERS))
}

/// Whether a page may have a notice of scripts at all.
pub(super) fn may_need_scripts(text: &str) -> bool {
    static ANY: LazyLock<AhoCorasick> = LazyLock::new(|| {
        AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build([
                "javascript",
                "java script",
                "java-script",
                "enable js",
                "browser",
                "navigateur",
                "navegador",
                "браузер",
                "浏览器",
                "瀏覽器",
                "ブラウザ",
                "자바스크립트",
                "브라우저",
            ])
            .expect("a dozen short words are far below the automaton's limits")
    });
    ANY.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_of_scripts_are_known_by_their_wording() {
        for text in [
            "Please enable JavaScript to view this page, your browser does not support it.",
            "You need to enable JavaScript to run this app.",
            "JavaScript is disabled in your browser.",
            "This site requires JavaScript.",
            "We're sorry but example doesn't work properly without JavaScript enabled. Please enable it to continue.",
            "Bitte aktivieren Sie JavaScript in Ihrem Browser.",
            "Veuillez activer JavaScript pour continuer.",
            "Por favor, habilite JavaScript en su navegador.",
            "Для работы сайта включите JavaScript.",
            "请启用JavaScript以继续浏览。",
            "您的浏览器不支持JavaScript，请开启后刷新。",
            "JavaScriptを有効にしてください。",
            "이 사이트를 보려면 자바스크립트를 활성화하세요.",
            "You are using an outdated browser. Please upgrade your browser to improve your experience.",
        ] {
            assert!(is_script_notice(text), "{text}");
        }
        for text in [
            "JavaScript was designed in ten days.",
            "The council met on Tuesday.",
            "The old bridge needs no JavaScript to support its load.",
            "Please enable the pump before the tide.",
            "",
        ] {
            assert!(!is_script_notice(text), "{text}");
        }
    }

    #[test]
    fn prompts_are_short_and_say_nothing_else() {
        for text in [
            "打开App，阅读体验更佳",
            "登录后查看更多精彩内容，扫码下载客户端",
            "Open in app",
            "Sign in to continue reading",
        ] {
            assert!(is_prompt(text), "{text}");
        }
        for text in [
            "The council sold the old ferry, and visitors who want to cross must download the app of the new company.",
            "登录",
            "",
        ] {
            assert!(!is_prompt(text), "{text}");
        }
    }

    #[test]
    fn kinds_of_wording_are_counted() {
        let counts =
            spoken("We use cookies to improve your experience. By continuing you agree to our privacy policy.");
        assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
        assert_eq!(spoken("The wall was built of stone."), [0; KINDS]);
        let counts = spoken("Мы используем файлы cookie. Продолжая, вы Соглашаетесь с политикой");
        assert!(counts.iter().filter(|count| **count > 0).count() >= 4, "{counts:?}");
    }
}
