//! Made by `scripts/make/mojibake-tables` from ftfy 6.3.1 (`badness.py`, `chardata.py`): do not edit.
//!
//! Each is the inside of a bracket expression.

pub(super) const COMMON: &str = "\\u{a0}\\u{ad}\\u{b4}\\u{b7}\\u{2013}-\\u{2015}\\u{2019}\\u{2026}";

pub(super) const C1: &str = "\\u{80}-\\u{9f}";

pub(super) const BAD: &str = "\\u{a4}\\u{a6}\\u{a8}\\u{aa}\\u{ac}\\u{af}\\u{b8}\\u{ba}\\u{192}\\u{2c6}-\\u{2c7}\\u{2d8}\
    \\u{2db}-\\u{2dc}\\u{2020}-\\u{2021}\\u{2030}\\u{2310}\\u{25ca}\\u{fffd}";

pub(super) const LAW: &str = "\\u{a7}\\u{b6}";

pub(super) const CURRENCY: &str = "\\u{a2}-\\u{a3}\\u{a5}\\u{20a7}\\u{20ac}";

pub(super) const START_PUNCTUATION: &str = "\\u{a1}\\u{a9}\\u{ab}\\u{bf}\\u{384}-\\u{385}\\u{2018}\\u{201a}\\u{201c}\\u{201e}\\u{2022}\\u{2039}\
    \\u{f8ff}";

pub(super) const END_PUNCTUATION: &str = "\\u{ae}\\u{bb}\\u{2dd}\\u{201d}\\u{203a}\\u{2122}";

pub(super) const NUMERIC: &str = "\\u{b1}-\\u{b3}\\u{b5}\\u{b9}\\u{bc}-\\u{be}\\u{d7}\\u{f7}\\u{2044}\\u{2116}\\u{2202}\\u{2206}\
    \\u{220f}\\u{2211}\\u{221a}\\u{221e}\\u{2229}\\u{222b}\\u{2248}\\u{2260}-\\u{2261}\
    \\u{2264}-\\u{2265}";

pub(super) const KAOMOJI: &str =
    "\\u{b0}\\u{d2}-\\u{d6}\\u{d9}-\\u{dc}\\u{f2}-\\u{f6}\\u{f8}-\\u{fc}\\u{14c}\\u{150}\\u{16a}\\u{172}";

pub(super) const UPPER_ACCENTED: &str = "\\u{c0}-\\u{d1}\\u{d8}\\u{dc}-\\u{dd}\\u{100}\\u{102}\\u{104}\\u{106}\\u{10c}\\u{10e}\\u{110}\
    \\u{112}\\u{116}\\u{118}\\u{11a}\\u{11e}\\u{122}\\u{12a}\\u{130}\\u{136}\\u{139}\\u{13b}\\u{13d}\
    \\u{141}\\u{143}\\u{145}\\u{147}\\u{152}\\u{158}\\u{15a}\\u{15e}\\u{160}\\u{162}\\u{164}\\u{16e}\
    \\u{170}\\u{178}-\\u{179}\\u{17b}\\u{17d}\\u{490}";

pub(super) const LOWER_ACCENTED: &str = "\\u{df}-\\u{f1}\\u{fc}\\u{101}\\u{103}\\u{105}\\u{107}\\u{10d}\\u{10f}\\u{111}\\u{113}\\u{117}\
    \\u{119}\\u{11b}\\u{11f}\\u{123}\\u{12b}\\u{12f}\\u{137}\\u{13a}\\u{13c}\\u{13e}\\u{142}\\u{153}\
    \\u{155}\\u{15b}\\u{15f}\\u{161}\\u{165}\\u{17a}\\u{17c}\\u{17e}\\u{491}\\u{fb01}-\\u{fb02}";

pub(super) const UPPER_COMMON: &str =
    "\\u{de}\\u{386}\\u{388}-\\u{38a}\\u{38c}\\u{38e}-\\u{38f}\\u{391}-\\u{3ab}\\u{401}-\\u{42f}";

pub(super) const LOWER_COMMON: &str = "\\u{3ac}-\\u{3c9}\\u{430}-\\u{45f}";

pub(super) const BOX: &str = "\\u{2502}\\u{250c}\\u{2510}\\u{2518}\\u{251c}\\u{2524}\\u{252c}\\u{253c}\\u{2550}-\\u{256c}\\u{2580}\
    \\u{2584}\\u{2588}\\u{258c}\\u{2590}-\\u{2593}";

pub(super) const UTF8_FIRST_OF_2: &str = "\\u{c2}-\\u{df}\\u{100}\\u{102}\\u{106}\\u{10c}\\u{10e}\\u{110}\\u{112}\\u{116}\\u{118}\\u{11a}\
    \\u{11e}\\u{122}\\u{12a}\\u{130}\\u{136}\\u{139}\\u{13b}\\u{141}\\u{143}\\u{145}\\u{147}\\u{14c}\
    \\u{150}\\u{158}\\u{15a}\\u{15e}\\u{160}\\u{162}\\u{16a}\\u{16e}\\u{170}\\u{172}\\u{179}\\u{17b}\
    \\u{17d}\\u{392}-\\u{3a1}\\u{3a3}-\\u{3af}\\u{412}-\\u{42f}";

pub(super) const UTF8_FIRST_OF_3: &str = "\\u{e0}-\\u{ef}\\u{101}\\u{103}\\u{105}\\u{107}\\u{10d}\\u{10f}\\u{113}\\u{117}\\u{119}\\u{11b}\
    \\u{123}\\u{12b}\\u{12f}\\u{137}\\u{13a}\\u{13c}\\u{155}\\u{17a}\\u{3b0}-\\u{3bf}\\u{430}-\\u{43f}";

pub(super) const UTF8_FIRST_OF_4: &str = "\\u{f0}\\u{f3}\\u{111}\\u{11f}\\u{161}\\u{3c0}\\u{3c3}\\u{440}\\u{443}";

pub(super) const UTF8_CONTINUATION: &str = "\\u{20}\\u{80}-\\u{bf}\\u{c6}\\u{d8}\\u{e6}\\u{f8}\\u{104}-\\u{105}\\u{13d}-\\u{13e}\
    \\u{141}-\\u{142}\\u{152}-\\u{153}\\u{156}-\\u{157}\\u{15a}-\\u{15b}\\u{15e}-\\u{161}\
    \\u{164}-\\u{165}\\u{178}-\\u{17e}\\u{192}\\u{2c6}-\\u{2c7}\\u{2d8}\\u{2db}-\\u{2dd}\
    \\u{384}-\\u{386}\\u{388}-\\u{38a}\\u{38c}\\u{38e}-\\u{38f}\\u{401}-\\u{40c}\\u{40e}-\\u{40f}\
    \\u{451}-\\u{45c}\\u{45e}-\\u{45f}\\u{490}-\\u{491}\\u{2013}-\\u{2015}\\u{2018}-\\u{201a}\
    \\u{201c}-\\u{201e}\\u{2020}-\\u{2022}\\u{2026}\\u{2030}\\u{2039}-\\u{203a}\\u{20ac}\\u{2116}\
    \\u{2122}";

pub(super) const UTF8_CONTINUATION_STRICT: &str = "\\u{80}-\\u{bf}\\u{c6}\\u{d8}\\u{e6}\\u{f8}\\u{104}-\\u{105}\\u{13d}-\\u{13e}\\u{141}-\\u{142}\
    \\u{152}-\\u{153}\\u{156}-\\u{157}\\u{15a}-\\u{15b}\\u{15e}-\\u{161}\\u{164}-\\u{165}\
    \\u{178}-\\u{17e}\\u{192}\\u{2c6}-\\u{2c7}\\u{2d8}\\u{2db}-\\u{2dd}\\u{384}-\\u{386}\
    \\u{388}-\\u{38a}\\u{38c}\\u{38e}-\\u{38f}\\u{401}-\\u{40c}\\u{40e}-\\u{40f}\\u{451}-\\u{45c}\
    \\u{45e}-\\u{45f}\\u{490}-\\u{491}\\u{2020}-\\u{2021}\\u{2030}\\u{2039}-\\u{203a}\\u{20ac}\\u{2116}\
    \\u{2122}";
