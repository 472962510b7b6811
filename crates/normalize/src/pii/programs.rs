//! Names of programs that stand before their version.

/// Names in lower case that mean nothing else.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "acrobat", "adobe", "akka", "anaconda", "android", "angular", "ansible", "apk", "autocad", "bash", "bazel",
    "blender", "boost", "busybox", "cassandra", "catalina", "centos", "chrome", "chromium", "chromeos", "clang",
    "cmake", "coldfusion", "couchdb", "cpython", "cuda", "cudnn", "cygwin", "cython", "debian", "directx", "django",
    "docker", "dotnet", "drupal", "eclipse", "edg", "elasticsearch", "electron", "emacs", "esxi", "ffmpeg",
    "firefox", "fedora", "flink", "freebsd", "gcc", "gdb", "geforce", "ghidra", "gimp", "gitlab", "glibc", "gnome",
    "golang", "gradle", "grafana", "grub", "hadoop", "harmonyos", "hbase", "hibernate", "httpd", "iis",
    "illustrator", "inkscape", "intellij", "ios", "ipados", "itunes", "java", "jdk", "jenkins", "jetty", "joomla",
    "jquery", "jre", "junit", "jvm", "kafka", "kde", "keras", "kibana", "kotlin", "kubernetes", "libreoffice",
    "linux", "log4j", "logstash", "lucene", "macos", "magento", "mariadb", "matlab", "matplotlib", "maven",
    "memcached", "mingw", "mongodb", "mozilla", "msvc", "mysql", "netty", "nginx", "nodejs", "npm", "numpy",
    "nvidia", "odoo", "opencv", "opengl", "openjdk", "openssh", "openssl", "openoffice", "openvpn", "openwrt",
    "outlook", "pandas", "perl", "photoshop", "php", "phpmyadmin", "pip", "postgres", "postgresql", "powerpoint",
    "powershell", "postfix", "putty", "pycharm", "python", "pytorch", "qemu", "quicktime", "rabbitmq", "redhat", "redis",
    "rhel", "ruby", "rustc", "samba", "scala", "scikit", "scipy", "selenium", "sharepoint", "silverlight", "skype",
    "solaris", "solr", "spss", "sqlite", "squid", "sudo", "struts", "svn", "systemd", "teamviewer", "tensorflow", "thunderbird",
    "tomcat", "torch", "ubuntu", "unix", "virtualbox", "vim", "vlc", "vmware", "vulkan", "weblogic", "webkit", "webpack",
    "websphere", "wechat", "winamp", "winrar", "winzip", "wireshark", "wordpress", "xcode", "zabbix", "zookeeper",
    "qq",
];
/// Names that are words too: only with a capital.
#[rustfmt::skip]
const CAPITALISED: &[&str] = &[
    "apache", "app", "brave", "edge", "excel", "exchange", "explorer", "express", "flash", "git", "hive", "ie",
    "office", "opera", "oracle", "player", "puppet", "reader", "react", "safari", "spark", "spring", "steam",
    "studio", "sketch", "unity", "unreal", "vue", "windows", "word", "zoom",
];
/// Last words of names of two words that alone belong to networks, and the words before.
const SECOND: &[(&str, &[&str])] =
    &[("server", &["sql", "windows", "exchange", "http", "web", "application"]), ("client", &["git", "sql", "email"])];
/// Chinese, Japanese names, and words with which such names end.
#[rustfmt::skip]
const UNSPACED: &[&str] = &[
    "微信", "支付宝", "钉钉", "飞书", "火狐", "谷歌", "迅雷", "安卓", "鸿蒙", "浏览器", "瀏覽器", "客户端", "播放器", "输入法", "软件", "軟體", "操作系统",
    "音乐", "助手", "插件", "ブラウザ",
];

/// Whether `word` after `head` is the name of a program.
pub(super) fn is_name(head: &str, word: &str) -> bool {
    let lower = word.to_lowercase();
    let before = super::context::last_word(head.trim_end()).to_lowercase();
    let second = SECOND.iter().any(|(last, firsts)| *last == lower && firsts.contains(&before.as_str()));
    let capital = word.starts_with(char::is_uppercase) && CAPITALISED.contains(&lower.as_str());
    let library = lower.len() > 4 && lower.starts_with("lib");
    second || capital || library || NAMES.contains(&lower.as_str())
}

/// Whether `text` ends in a name of a script without blanks.
pub(super) fn ends_unspaced(text: &str) -> bool {
    UNSPACED.iter().any(|name| text.ends_with(name))
}
