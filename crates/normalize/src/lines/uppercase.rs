use super::Verdict;

/// Largest share of the characters that may be upper-case letters (DCLM, `dclm_baseline_refinedweb.yaml`).
const MAX_UPPERCASE_RATIO: f64 = 0.5;

/// DCLM divides by all characters of the line; so does this.
pub(super) fn judge(line: &str) -> Verdict {
    let (mut all, mut upper) = (0_u32, 0_u32);
    for char in line.chars() {
        all += 1;
        upper += u32::from(char.is_uppercase());
    }
    Verdict::delete_if(f64::from(upper) > MAX_UPPERCASE_RATIO * f64::from(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_may_be_upper_case() {
        for kept in ["ABab", "Normal Text", "12345", "中文ABC中", "a"] {
            assert_eq!(judge(kept), Verdict::Keep, "{kept}");
        }
        for gone in ["ABCab", "HOME ABOUT", "A", "ПРАВДА"] {
            assert_eq!(judge(gone), Verdict::Delete, "{gone}");
        }
    }
}
