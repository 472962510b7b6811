//! Exam items of `WanJuan` 1.0 as text.
//!
//! The rows of its Exam-cn part have no `content`. They become text in the order in which the item
//! would be read: question, options, answer, explanation. The kind of question (`q_type`), grade,
//! subject and key point stay out. Empty and null fields are left out with their label.

/// Fields of an exam row that the text is made of, in the order of [`render`]'s argument.
pub(crate) const FIELDS: [&str; 9] =
    ["q_main", "option_a", "option_b", "option_c", "option_d", "option_e", "std_ans", "answer", "answer_detail"];

const OPTIONS: [&str; 5] = ["A. ", "B. ", "C. ", "D. ", "E. "];

/// Renders the values of [`FIELDS`] into `text`: false, and an empty text, where all are empty.
#[allow(clippy::many_single_char_names, reason = "the options are called so")]
pub(super) fn render(values: [&str; 9], text: &mut String) -> bool {
    let [question, a, b, c, d, e, standard_answer, other_answer, explanation] = values.map(str::trim);
    text.clear();
    push(text, "", question);
    for (label, option) in OPTIONS.into_iter().zip([a, b, c, d, e]) {
        push(text, label, option);
    }
    push(text, "答案：", if standard_answer.is_empty() { other_answer } else { standard_answer });
    push(text, "解析：", explanation);
    !text.is_empty()
}

fn push(text: &mut String, label: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(label);
    text.push_str(value);
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn an_item_reads_as_on_paper() {
        let mut text = String::new();
        let item = ["下列属于同种物质的是（）", "冰和水", "红磷和白磷", "", "", "", "A", "", "冰是固态的水。"];
        assert!(render(item, &mut text));
        assert_eq!(text, "下列属于同种物质的是（）\nA. 冰和水\nB. 红磷和白磷\n答案：A\n解析：冰是固态的水。");
    }

    #[test]
    fn the_second_answer_stands_in_and_empty_items_are_none() {
        let mut text = String::new();
        assert!(render(["1+1=?", "", "", "", "", "", " ", "2", ""], &mut text));
        assert_eq!(text, "1+1=?\n答案：2");
        assert!(!render([""; 9], &mut text));
        assert_eq!(text, "");
    }
}
