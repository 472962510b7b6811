//! Names of months.

/// Names, genitives and abbreviations by month, lower case. Names that two languages give different months are left
/// out (`listopad` is kept for Polish and Czech).
#[rustfmt::skip]
const NAMES: [&[&str]; 12] = [
    &[
        "january", "jan", "januar", "janvier", "janv", "enero", "ene", "janeiro", "gennaio", "gen", "januari", "jänner",
        "stycznia", "styczeń", "sty", "января", "январь", "янв", "січня", "січень", "ocak", "oca", "tammikuuta",
        "tammikuu", "ledna", "leden", "ianuarie", "ian", "január", "ιανουαρίου", "ιαν", "يناير", "जनवरी",
    ],
    &[
        "february", "feb", "februar", "februari", "février", "fevrier", "févr", "fév", "febrero", "fevereiro", "fev",
        "febbraio", "lutego", "luty", "lut", "февраля", "февраль", "фев", "февр", "лютого", "лютий", "şubat", "şub",
        "helmikuuta", "helmikuu", "února", "únor", "februarie", "február", "φεβρουαρίου", "φεβ", "فبراير", "फरवरी",
    ],
    &[
        "march", "mar", "mars", "märz", "mrz", "maart", "mrt", "marzo", "março", "marca", "marzec", "марта", "март",
        "мар", "березня", "березень", "mart", "maaliskuuta", "maaliskuu", "března", "březen", "martie", "március",
        "márc", "μαρτίου", "μαρ", "مارس", "मार्च", "maret",
    ],
    &[
        "april", "apr", "avril", "avr", "abril", "abr", "aprile", "kwietnia", "kwiecień", "kwi", "апреля", "апрель",
        "апр", "квітня", "квітень", "nisan", "nis", "huhtikuuta", "huhtikuu", "dubna", "duben", "aprilie", "április",
        "ápr", "απριλίου", "απρ", "أبريل", "ابريل", "अप्रैल",
    ],
    &[
        "may", "mai", "maj", "mei", "mayo", "maio", "maggio", "mag", "maja", "мая", "май", "травня", "травень", "mayıs",
        "toukokuuta", "toukokuu", "května", "květen", "május", "máj", "μαΐου", "μαΐ", "مايو", "मई",
    ],
    &[
        "june", "jun", "juni", "juin", "junio", "junho", "giugno", "giu", "czerwca", "czerwiec", "cze", "июня", "июнь",
        "июн", "червня", "червень", "haziran", "haz", "kesäkuuta", "kesäkuu", "června", "červen", "iunie", "iun",
        "június", "jún", "ιουνίου", "ιουν", "يونيو", "जून",
    ],
    &[
        "july", "jul", "juli", "juillet", "juil", "julio", "julho", "luglio", "lug", "lipca", "lipiec", "lip", "июля",
        "июль", "июл", "липня", "липень", "temmuz", "tem", "heinäkuuta", "heinäkuu", "července", "červenec", "iulie",
        "iul", "július", "júl", "ιουλίου", "ιουλ", "يوليو", "जुलाई",
    ],
    &[
        "august", "aug", "août", "aout", "agosto", "ago", "augustus", "augusti", "sierpnia", "sierpień", "sie",
        "августа", "август", "авг", "серпня", "серпень", "ağustos", "ağu", "elokuuta", "elokuu", "srpna", "srpen",
        "augusztus", "αυγούστου", "αυγ", "أغسطس", "अगस्त", "agustus", "agu",
    ],
    &[
        "september", "sep", "sept", "septembre", "septiembre", "setiembre", "setembro", "set", "settembre", "września",
        "wrzesień", "wrz", "сентября", "сентябрь", "сен", "сент", "вересня", "вересень", "eylül", "eyl", "syyskuuta",
        "syyskuu", "září", "septembrie", "szeptember", "σεπτεμβρίου", "σεπ", "سبتمبر", "सितंबर",
    ],
    &[
        "october", "oct", "oktober", "okt", "octobre", "octubre", "outubro", "out", "ottobre", "ott", "października",
        "październik", "paź", "октября", "октябрь", "окт", "жовтня", "жовтень", "ekim", "eki", "lokakuuta", "lokakuu",
        "října", "říjen", "octombrie", "október", "οκτωβρίου", "οκτ", "أكتوبر", "अक्टूबर",
    ],
    &[
        "november", "nov", "novembre", "noviembre", "novembro", "listopada", "listopad", "listopadu", "ноября",
        "ноябрь", "ноя", "нояб", "листопада", "kasım", "kas", "marraskuuta", "marraskuu", "noiembrie", "νοεμβρίου",
        "νοε", "نوفمبر", "नवंबर",
    ],
    &[
        "december", "dec", "dezember", "dez", "décembre", "decembre", "déc", "diciembre", "dic", "dezembro",
        "dicembre", "grudnia", "grudzień", "gru", "декабря", "декабрь", "дек", "грудня", "грудень", "aralık", "ara",
        "joulukuuta", "joulukuu", "prosince", "prosinec", "decembrie", "δεκεμβρίου", "δεκ", "ديسمبر", "दिसंबर",
        "desember", "des",
    ],
];

/// Longest name in bytes.
const MAX_BYTES: usize = 32;

/// The month that a word names, 1 to 12.
pub(super) fn month(word: &str) -> Option<u32> {
    if word.len() > MAX_BYTES || !word.chars().all(|char| char.is_alphabetic() || !char.is_ascii()) {
        return None;
    }
    let lower = word.to_lowercase();
    let at = NAMES.iter().position(|names| names.contains(&lower.as_str()))?;
    u32::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_of_two_months() {
        let all: Vec<&str> = NAMES.iter().flat_map(|names| names.iter().copied()).collect();
        for name in &all {
            assert_eq!(all.iter().filter(|other| *other == name).count(), 1, "{name}");
            assert!(name.len() <= MAX_BYTES && name.to_lowercase() == *name, "{name}");
        }
        assert_eq!((month("MAI"), month("Foo"), month("6"), month("")), (Some(5), None, None, None));
    }
}
