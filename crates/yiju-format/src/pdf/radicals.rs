//! Radicals to the ideographs they look like.
//!
//! Fonts made by browsers name a glyph by the last of the code points that share it, so that 民 comes out as ⺠. Unicode's
//! `EquivalentUnifiedIdeograph` property (UAX #44, `EquivalentUnifiedIdeograph.txt`) says which ideograph a radical stands
//! for; normalisation (NFKC) knows only those of the Kangxi block.

/// U+2E80 to U+2EF3, an ideographic space where the property has no value.
const SUPPLEMENT: &str = "　厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑彐忄心扌攵　旡日月歺母民氵氺灬爫爫丬牛犭王𤴔目示\
    礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑钅長镸长门𨸏阝雨青韦\
    页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟";

/// U+2F00 to U+2FD5.
const KANGXI: &str = "一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮\
    山巛工己巾干幺广廴廾弋弓彐彡彳心戈戶手支攴文斗斤方无日曰月木欠止歹殳毋比毛氏气水火爪父爻爿\
    片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿目矛矢石示禸禾穴立竹米糸缶网羊羽老而耒耳聿肉臣自至臼舌\
    舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛辰辵邑酉釆里金長門阜隶隹雨靑非面革韋韭音\
    頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠";

/// The ideograph that a radical of the blocks CJK Radicals Supplement and Kangxi Radicals stands for; other characters as
/// they are.
pub(super) fn unified(c: char) -> char {
    let found = match c {
        '\u{2E80}'..='\u{2EF3}' => SUPPLEMENT.chars().nth((c as u32 - 0x2E80) as usize),
        '\u{2F00}'..='\u{2FD5}' => KANGXI.chars().nth((c as u32 - 0x2F00) as usize),
        _ => None,
    };
    found.filter(|&found| found != '\u{3000}').unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radicals_become_ideographs() {
        assert_eq!("⺠⼈⻓⽣⻩⿕".chars().map(unified).collect::<String>(), "民人长生黄龠");
        assert_eq!(unified('\u{2E80}'), '\u{2E80}', "no ideograph looks like it");
        assert_eq!(unified('民'), '民');
        assert_eq!(SUPPLEMENT.chars().count(), 0x2EF3 - 0x2E80 + 1);
        assert_eq!(KANGXI.chars().count(), 0x2FD5 - 0x2F00 + 1);
    }
}
