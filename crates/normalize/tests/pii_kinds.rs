//! Kinds of text in which personal data, and what only looks like it, stand: by what is masked of whole sentences.

#![allow(missing_docs)]

use proptest::prelude::*;
use textmill_normalize::pii::{PiiAction, PiiKind, mask};

fn masked(text: &str) -> String {
    mask(text, &PiiKind::ALL, PiiAction::Mask).0.into_owned()
}

fn stays(texts: &[&str]) {
    for text in texts {
        assert_eq!(masked(text), *text);
    }
}

fn becomes(pairs: &[(&str, &str)]) {
    for (text, expected) in pairs {
        assert_eq!(masked(text), *expected, "{text}");
    }
}

#[test]
fn versions_sections_and_objects_are_no_addresses() {
    stays(&[
        "Chrome 121.0.6167.85 and Firefox 3.6.28.1 were tested.",
        "Chrome/119.0.0.0 Safari/537.36 Edg/119.0.0.0",
        "版本 1.2.3.4 已发布，升级到 V8.0.1.25 即可，见第 3.2.1.4 节。",
        "OID 1.3.6.1 and 1.2.840.113549; SNMP 1.3.6.1.2.1 and .1.3.6.1 too",
        "pip install torch==2.1.0.1, libssl 1.1.1.1, driver version 31.0.15.4601",
        "v 4.5.6.7, ver. 4.5.6.7, Version: 93.184.216.34, version=4.5.6.7, \"version\": \"4.5.6.7\"",
        "file_version 93.184.216.34, AssemblyVersion(\"4.5.6.7\"), <version>4.5.6.7</version>",
        "Chapter 93.1.2.4, § 3.2.1.4, §3.2.1.4, Section 3.2.1.4, Abschnitt 3.2.1.4, Kapitel 45.2.1.4, раздел 3.2.1.4",
        "sections 3.2.1.4, 3.2.1.5 and 3.2.1.6; versions 93.1.2.3 to 93.1.2.9",
        "版本号：93.1.2.4；固件版本1.0.2.5；第 93.1.2.4 章；3.2.1.4 节说明；内核 2.6.32.71",
        "バージョン 93.1.2.4 を使う；버전 93.1.2.4",
        "Oracle 11.2.0.4, SQL Server 8.0.0.194, JDK 1.8.0.20, iTunes 12.9.0.1, 微信 8.0.1.25",
        "Foobar 2.1.0.3 is out, see 3.2.1.4",
        "3.2.1.4 Overview of it",
        "### 1.2.3.4 概述",
        "nginx-93.1.2.4, lib-2.3.4.5.so, 2.3.4.5.tar.gz, 2.3.4.5-rc1, 5.0.0.1.RELEASE, ^1.2.3.4, >=93.1.2.4",
        "updated to 2.0.1.3 version",
        "phiên bản 1.2.3.4, संस्करण 1.2.3.4, الإصدار 1.2.3.4, sudo 1.8.31.2, 更新日志 2.3.4.5",
    ]);
}

#[test]
fn addresses_stay_masked() {
    becomes(&[
        (
            "The server 93.184.216.34 answered; see http://93.184.216.34/x",
            "The server [IP] answered; see http://[IP]/x",
        ),
        ("Server:...8.8.8.8", "Server:...[IP]"),
        ("IP 1.2.3.4, host 1.2.3.4, ping 1.2.3.4, DNS: 1.1.1.1", "IP [IP], host [IP], ping [IP], DNS: [IP]"),
        ("connected from 1.2.3.4 to 5.6.7.8", "connected from [IP] to [IP]"),
        ("服务器1.2.3.4和5.6.7.8，地址：9.8.7.6", "服务器[IP]和[IP]，地址：[IP]"),
        ("Cloudflare 1.1.1.1, Google 8.8.8.8", "Cloudflare [IP], Google [IP]"),
        ("93.184.216.34 - - [23/Nov/2026] \"GET /\"", "[IP] - - [23/Nov/2026] \"GET /\""),
        ("93.184.216.34 Example.com", "[IP] Example.com"),
        ("visited with Chrome from 93.184.216.34", "visited with Chrome from [IP]"),
        ("moved MySQL to 93.184.216.34.", "moved MySQL to [IP]."),
        ("The new version is out. 93.184.216.34 serves it", "The new version is out. [IP] serves it"),
        ("if ip == 93.184.216.34 or server=93.184.216.34", "if ip == [IP] or server=[IP]"),
        ("range 93.184.216.1-93.184.216.9", "range [IP]-[IP]"),
        ("https://ipinfo.io/93.184.216.34", "https://ipinfo.io/[IP]"),
        ("IP列表：93.184.216.34，服务器93.184.216.34节点", "IP列表：[IP]，服务器[IP]节点"),
        ("root@93.184.216.34", "root@[IP]"),
        ("34.216.184.93.in-addr.arpa", "[IP].in-addr.arpa"),
        ("登录IP是203.0.114.5的", "登录IP是[IP]的"),
    ]);
}

#[test]
fn code_is_no_mail() {
    stays(&[
        "@app.route('/x')\n@media screen and (max-width: 600px)\n@types/node @angular/core @param name",
        "npm install react@18.2.0 lodash@4.17.21 @babel/core@7.0.0 pkg@1.2.3.tar.gz left-pad@latest.beta.io",
        "yarn add foo@next.dev; npx create@canary.app",
        "pip install torch@2.1.0.dev",
        "systemctl status getty@tty1.service user@1000.service sshd@0.socket foo@bar.timer wg@wg0.target",
        "icon@2x.png logo@3x.jpg image@1.5x.webp sketch@2x.ai",
        "git clone git@github.com:a/b.git; ssh root@host; ssh deploy@server.internal",
        "x = a@b.T; y = A@B.inv; matmul(a @ b.c); z = W@x.to(device)",
        "12@1.50 each, 3 apples @ 2.00, x@y, a@b.c, foo@bar",
        "\\usepackage{a}@article{smith2001,\n author={A},\n}\n@inproceedings{x2020.y}",
        "java.lang.Object@1b6d3586, uses: actions/checkout@v4, repo@sha256:0a1b",
        "QQ号@qq.com，用户名@163.com",
        "thanks @someone and @another.one for the fix; cc @team/core",
    ]);
}

#[test]
fn mail_of_all_forms_is_masked_whole() {
    becomes(&[
        ("Write to...jo@example.com", "Write to...[EMAIL]"),
        ("Write to Jürgen.Müller+x@exämple.de or \"a b\"@example.com.", "Write to [EMAIL] or [EMAIL]."),
        ("o'neil@mail.example.co.uk, 'abc@x.com'", "[EMAIL], '[EMAIL]'"),
        ("联系张三@例子.中国，或发至abc@公司.cn", "联系[EMAIL]，或发至[EMAIL]"),
        ("Mail an müller@firma.example.de, und info@müller.de", "Mail an [EMAIL], und [EMAIL]"),
        ("иван@пример.рф и ivan@example.ru", "[EMAIL] и [EMAIL]"),
        ("이메일은abc@example.co.kr입니다", "이메일은[EMAIL]입니다"),
        ("邮箱ａｂｃ＠example．com，好", "邮箱[EMAIL]，好"),
        ("mail bob [at] example [dot] com, bob(at)example.com", "mail [EMAIL], [EMAIL]"),
        ("bob@example[.]com", "[EMAIL]"),
        ("mastodon @ann@example.social", "mastodon @[EMAIL]"),
        ("webmaster@example.com or noreply@example.org", "[EMAIL] or [EMAIL]"),
        ("张三 a@b.com(公司)", "张三 [EMAIL](公司)"),
        ("user@163.com 13800138000@qq.com", "[EMAIL] [EMAIL]"),
    ]);
}

#[test]
fn phones_are_masked_as_they_are_written() {
    becomes(&[
        ("手机１３８００１３８０００", "手机[PHONE]"),
        (
            "电话：138-0013-8000，+86 138 0013 8000，（010）6552 9988，86-13800138000",
            "电话：[PHONE]，[PHONE]，[PHONE]，[PHONE]",
        ),
        ("手机 138 0013 8000 或 1380013 8000，（138）0013 8000", "手机 [PHONE] 或 [PHONE]，[PHONE]"),
        ("138.0013.8000", "[PHONE]"),
        (
            "电话（010）65529988，传真 (010)65529988，010-65529988，010 6552 9988",
            "电话[PHONE]，传真 [PHONE]，[PHONE]，[PHONE]",
        ),
        ("客服 400-810-6666，4008106666，95588", "客服 [PHONE]，[PHONE]，[PHONE]"),
        (
            "Call (202) 456-1414, 202.456.1414, 202-456-1414 or 1-202-456-1414",
            "Call [PHONE], [PHONE], [PHONE] or [PHONE]",
        ),
        ("+1 (212) 555-0142, 0049 30 901820, 1-800-555-0199", "[PHONE], [PHONE], [PHONE]"),
        ("Tel 020 7946 0958", "Tel [PHONE]"),
        ("Tel. 030 901820-0, 0049 30 901820", "Tel. [PHONE], [PHONE]"),
        ("Phone: 5550 1234 77; Fax no. 030/901820", "Phone: [PHONE]; Fax no. [PHONE]"),
        ("(+1)202 555 0123，手机（＋８６）１３８００１３８０００", "[PHONE]，手机[PHONE]"),
        ("QQ 群：123456789，薇信：abc12345", "QQ 群：[ACCOUNT]，薇信：[ACCOUNT]"),
        ("身份证 110105 19491231 002X", "身份证 [ID]"),
        ("香港身份證 A123456(3)，台灣身分證 A123456789", "香港身份證 [ID]，台灣身分證 [ID]"),
        ("微信：abc_12345，加V：abc12345，QQ：123456789", "微信：[ACCOUNT]，加V：[ACCOUNT]，QQ：[ACCOUNT]"),
    ]);
    stays(&[
        "订单号13800138000123，流水20240506102030，编号 010-12345678-99",
        "ISBN 978-7-111-54493-7, 2024-01-05, 1380013.8000, 0012 0034 0056, 0020 0030 0040",
        "电话 2024-01-05，手机 2023.1.5 发布，iPhone 12 128 256",
        "123-456-7890, 202-456-14145, 2202-456-1414, 202-456-1414-99999",
        "QQ音乐10.0.5版本，QQ群里说QQ浏览器11.2更新了，qq号是什么？",
        "微信支付已开通，微信公众号“海堤”",
        "A123456(4), A123456788, 型号 B123456789",
        "call 1234567 times, 95588 items, 4008106666",
    ]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn masking_twice_is_masking_once(pieces in proptest::collection::vec(prop_oneof![
        "[0-9]{1,5}", "[.@ ,:()/-]{1,2}", "[a-zé中国至]{1,4}",
        "jo@example\\.com|bob \\[at\\] x \\[dot\\] com|8\\.8\\.8\\.8|3\\.2\\.1\\.4|13800138000|202-456-1414|A123456\\(3\\)",
        "version |版本|第| and |IP |Foo |tel |电话|客服|微信：|QQ|\\.\\.\\.|\"|'",
        "＠|．|１２|Ａ|（010）|，|。|\\n",
    ], 0..14)) {
        let text = pieces.concat();
        let (once, found) = mask(&text, &PiiKind::ALL, PiiAction::Mask);
        let mut end = 0;
        for hit in &found {
            prop_assert!(hit.start >= end && hit.start < hit.end && text.get(hit.start..hit.end).is_some());
            end = hit.end;
        }
        let twice = masked(&once);
        prop_assert_eq!(&twice, &once, "of {:?}", text);
    }
}
