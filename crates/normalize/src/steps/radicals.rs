use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_normalizer::properties::{CanonicalDecompositionBorrowed, Decomposed};

use super::replaced;

/// Radicals of the supplement and the ideographs that they look like, in the order of their code points. Source: Unicode's
/// `EquivalentUnifiedIdeograph.txt`; those that look like rare parts of characters only are left out.
#[rustfmt::skip]
const SUPPLEMENT: [(char, char); 105] = [
    ('⺀', '冫'), ('⺁', '厂'), ('⺂', '乛'), ('⺃', '乚'), ('⺄', '乙'), ('⺅', '亻'), ('⺆', '冂'), ('⺈', '刀'),
    ('⺉', '刂'), ('⺊', '卜'), ('⺋', '㔾'), ('⺌', '小'), ('⺍', '小'), ('⺎', '兀'), ('⺏', '尣'), ('⺐', '尢'),
    ('⺒', '巳'), ('⺓', '幺'), ('⺔', '彑'), ('⺕', '彐'), ('⺖', '忄'), ('⺗', '㣺'), ('⺘', '扌'), ('⺙', '攵'),
    ('⺛', '旡'), ('⺜', '日'), ('⺝', '月'), ('⺞', '歺'), ('⺟', '母'), ('⺠', '民'), ('⺡', '氵'), ('⺢', '氺'),
    ('⺣', '灬'), ('⺤', '爫'), ('⺥', '爫'), ('⺦', '丬'), ('⺧', '牛'), ('⺨', '犭'), ('⺩', '王'), ('⺪', '疋'),
    ('⺫', '罒'), ('⺬', '示'), ('⺭', '礻'), ('⺮', '竹'), ('⺯', '糹'), ('⺰', '纟'), ('⺱', '罓'), ('⺲', '罒'),
    ('⺳', '㓁'), ('⺴', '㓁'), ('⺶', '羊'), ('⺹', '耂'), ('⺺', '肀'), ('⺻', '聿'), ('⺼', '月'), ('⺽', '臼'),
    ('⺾', '艹'), ('⺿', '艹'), ('⻀', '艹'), ('⻁', '虎'), ('⻂', '衤'), ('⻃', '覀'), ('⻄', '西'), ('⻅', '见'),
    ('⻆', '角'), ('⻈', '讠'), ('⻉', '贝'), ('⻋', '车'), ('⻌', '辶'), ('⻍', '辶'), ('⻎', '辶'), ('⻏', '阝'),
    ('⻐', '钅'), ('⻑', '長'), ('⻒', '镸'), ('⻓', '长'), ('⻔', '门'), ('⻖', '阝'), ('⻗', '雨'), ('⻘', '青'),
    ('⻙', '韦'), ('⻚', '页'), ('⻛', '风'), ('⻜', '飞'), ('⻝', '食'), ('⻟', '飠'), ('⻠', '饣'), ('⻢', '马'),
    ('⻣', '骨'), ('⻤', '鬼'), ('⻥', '鱼'), ('⻦', '鸟'), ('⻧', '卤'), ('⻨', '麦'), ('⻩', '黄'), ('⻪', '黾'),
    ('⻫', '斉'), ('⻬', '齐'), ('⻭', '歯'), ('⻮', '齿'), ('⻯', '竜'), ('⻰', '龙'), ('⻱', '龜'), ('⻲', '亀'),
    ('⻳', '龟'),
];

/// `text` with Kangxi radicals (U+2F00-2FD5), radicals of the CJK supplement (U+2E80-2EF3) and compatibility ideographs
/// (U+F900-FAD9, U+2F800-2FA1D) as the ideographs that they look like. Extraction out of PDF files writes these.
///
/// ```
/// use textmill_normalize::steps::cjk_radicals;
///
/// assert_eq!(cjk_radicals("⽤于⽂件（１）①"), "用于文件（１）①");
/// ```
pub fn cjk_radicals(text: &str) -> Cow<'_, str> {
    let may_have = |byte: &u8| matches!(byte, 0xe2 | 0xef | 0xf0);
    if !text.as_bytes().iter().any(may_have) {
        return Cow::Borrowed(text);
    }
    let (nfkc, canonical) = (ComposingNormalizerBorrowed::new_nfkc(), CanonicalDecompositionBorrowed::new());
    replaced(text, |char| match char {
        '\u{2e80}'..='\u{2eff}' => {
            let place = SUPPLEMENT.binary_search_by_key(&char, |(radical, _)| *radical).ok()?;
            SUPPLEMENT.get(place).map(|(_, ideograph)| *ideograph)
        }
        '\u{2f00}'..='\u{2fd5}' => nfkc.normalize_iter(std::iter::once(char)).next(),
        '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}' => match canonical.decompose(char) {
            Decomposed::Singleton(ideograph) => Some(ideograph),
            _ => None,
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radicals_become_ideographs_and_the_rest_stays() {
        for (text, expected) in [
            ("为了⽅便⽤户使⽤⽂件系统，⼜可在第⼀层", "为了方便用户使用文件系统，又可在第一层"),
            ("⻓⽅形的⻔，⻅到⻋⻢。", "长方形的门，见到车马。"),
            ("\u{f90a}色的，\u{fa0c}。", "金色的，兀。"),
            ("\u{2f800}", "丽"),
        ] {
            assert_eq!(cjk_radicals(text), expected);
            assert!(matches!(cjk_radicals(expected), Cow::Borrowed(_)), "twice");
        }
        for kept in ["面积①为１００㎡……温度℃，“引号”（括号）【】、～", "海堤。", "ﬁ ½", "\u{fa0e}", "⺚", ""]
        {
            assert!(matches!(cjk_radicals(kept), Cow::Borrowed(_)), "{kept}");
        }
    }

    #[test]
    fn every_radical_of_kangxi_and_no_target_is_one_again() {
        assert!(SUPPLEMENT.is_sorted());
        for code in 0x2f00..=0x2fd5 {
            let radical = char::from_u32(code).expect("a character").to_string();
            let ideograph = cjk_radicals(&radical).into_owned();
            assert!(ideograph != radical && cjk_radicals(&ideograph) == ideograph, "{radical}");
        }
        for (radical, ideograph) in SUPPLEMENT {
            assert!(matches!(radical, '\u{2e80}'..='\u{2ef3}') && !matches!(ideograph, '\u{2e80}'..='\u{2fd5}'));
        }
    }
}
