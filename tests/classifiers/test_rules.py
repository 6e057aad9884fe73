"""The rule table: each rule fires where it should, keeps still where its words are not meant, and can only raise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import Classifier, Outcome, Urgency
from classifiers.decide import Evidence, decide
from classifiers.errors import TableError
from classifiers.normalise import normalise
from classifiers.rules import RuleRow, RuleTable, _check, load_rules
from classifiers.taxonomy import DANGER, load_taxonomy
from classifiers.thresholds import Thresholds

FIRES = [
    ("fire.burning", "三楼阳台着火了，往外冒黑烟"),
    ("gas.smell", "走廊里一股煤气味，越来越浓"),
    ("gas.smell", "钩机把燃气管子挖断了"),
    ("trapped.lift", "电梯里困了三个人，按铃没人管"),
    ("trapped.lift", "写字楼货梯困三人，联系不上维保"),
    ("trapped.child", "孩子反锁屋里了，才两岁"),
    ("life.suicide", "楼顶坐着个姑娘，说不想活了"),
    ("life.suicide", "讨薪的工人爬上塔吊了"),
    ("life.water", "浑河边有人掉水里了，正扑腾呢"),
    ("crime.kin_violence", "我老公又打我了，孩子也在"),
    ("crime.weapon", "有个男的拎着菜刀堵在单元门口"),
    ("crime.stab", "烧烤摊上有人让人捅了一刀"),
    ("crime.robbery", "刚才有人骑摩托抢走我的包"),
    ("crime.abduction", "看见俩人把一个女的塞进面包车拉走了"),
    ("crime.sexual", "公交上有个男的摸我大腿"),
    ("crime.fight", "串店门口一帮人打起来了"),
    ("life.unconscious", "我爸叫不醒了，嘴唇发紫"),
    ("life.blood", "那人满脸是血，坐马路牙子上"),
    ("life.illness", "媳妇羊水破了，车堵在路上"),
    ("life.no_answer", "对门独居老太太敲门三天没人应"),
    ("person.missing", "我妈痴呆，下午出门走丢了"),
    ("traffic.crash", "大货车把骑电动车的撞倒了"),
    ("traffic.expressway", "三环快速路上有个老头推着三轮走"),
    ("threat.arms", "草丛里发现一枚手榴弹"),
    ("threat.words", "他说要弄死我全家"),
    ("threat.words", "再不还钱我就砍人"),
    ("hazard.live_wire", "电线掉地上了，还冒火花"),
    ("hazard.live_wire", "大树砸断电线，线头落在道边"),
    ("hazard.collapse", "马路塌了个大坑"),
    ("hazard.animal", "一条大黑狗见人就咬"),
    ("order.crowd", "三十多个业主拉横幅堵了大门"),
    ("distress.plea", "楼上有人喊救命"),
    ("distress.foreign", "Please come, a man with a knife"),
    ("crime.theft", "电瓶让人偷走了，锁剪断的"),
    ("crime.fraud_now", "他说是公安局的，让我把钱转到安全账户"),
    ("order.vice", "棋牌室里有人炸金花，桌上全是钱"),
    ("police.complaint", "我要投诉派出所民警不作为"),
    ("drunk.lying", "有个人喝多了躺在马路边"),
    ("mental.violent", "他犯病了，拿砖头见车就砸"),
    ("dispute.heated", "为了押金俩人揪住衣领不撒手，情绪激动"),
    ("look.sound_of_life", "电话里没人说话，背景有女人哭喊"),
    ("look.forced", "（说话声音发抖）没事了，他让我说没事了"),
    ("look.odd_order", "给我来一份披萨，快点送到"),
    ("look.injury", "老人摔倒了，动不了"),
    ("life.signs", "我妈嘴发紫，出不来气"),
    ("life.signs", "草稞里窜出条蛇咬我爸脚了"),
    ("person.gone", "孩子一转身没了，就在滑梯那儿"),
    ("fire.spread", "烧秸秆的火蹿林子里了"),
    ("gas.pipe", "钩机把中压管挖断了"),
    ("threat.device", "垃圾箱里我搁了个会响的"),
    ("look.under_pressure", "别来了，他搁这儿瞪着呢"),
    ("look.keys", "问能否按键作答，按1为是"),
    ("look.blows", "邻居搡我一跟头"),
    ("look.police_fault", "派出所扣我车，张嘴要五百"),
    ("look.fraud", "收两万说能把征信洗白"),
    ("look.edge", "大桥护栏上坐着个人往下看"),
]

SILENT = [
    "没有着火，就是闻着糊味",
    "俩人就拌几句嘴，没打起来",
    "诈骗怎么举报，打哪个电话",
    "这停车费跟抢劫似的",
    "急死我了，热得要死，饿死了",
    "煤气表没电了，买气买不上",
    "电梯坏了三天，没困人",
    "车打不着火了，停在路边",
    "拖欠的都是血汗钱",
    "跳楼价甩卖的那家店不给退钱",
    "狼人杀店太吵，半夜还喊杀人",
    "楼道堆满纸壳，万一着火咋办",
    "警：有没有人受伤？报：没有，就是挪个车",
]


@pytest.mark.parametrize(("rule", "text"), FIRES)
def test_rule_fires(rule: str, text: str) -> None:
    assert rule in [fired.rule.id for fired in load_rules().fired(normalise(text).text)]


@pytest.mark.parametrize("text", SILENT)
def test_no_rule_of_danger_fires(text: str) -> None:
    fired = load_rules().fired(normalise(text).text)
    assert [one.rule.id for one in fired if one.rule.level == "danger"] == []


def test_every_rule_has_an_example_here() -> None:
    assert {rule.row.id for rule in load_rules()} == {rule for rule, _ in FIRES}


def test_a_fired_rule_of_danger_always_sends_police(classifier: Classifier) -> None:
    for rule, text in FIRES:
        if not rule.startswith("look."):
            answer = classifier.triage(text)
            assert answer.outcome in DANGER, text
            assert answer.rule in {fired.rule.id for fired in load_rules().fired(normalise(text).text)}


def _evidence(text: str, *, category: str, danger: float) -> Evidence:
    """The evidence of a model that holds `category` for certain, but for a probability `danger` of police."""
    codes = load_taxonomy().codes
    outcome_of = load_taxonomy().outcome_of
    outcome = dict.fromkeys((Outcome.POLICE, Outcome.JOINT, Outcome.NON_POLICE, Outcome.INVALID), 0.0)
    outcome |= {outcome_of(category): 1.0 - danger, Outcome.POLICE: danger}
    return Evidence(
        ranking=[category, *[code for code in codes if code != category]],
        category=dict.fromkeys(codes, 0.0) | {category: 1.0 - danger},
        outcome=outcome,
        urgency=Urgency.ROUTINE,
        fired=load_rules().fired(text),
        empty=False,
        understood=True,
        partial=False,
    )


LIMITS = Thresholds()


def test_a_rule_sends_police_where_the_model_alone_would_not() -> None:
    danger = LIMITS.rule
    assert danger < LIMITS.danger
    decision = decide(_evidence("楼上着火了", category="misdial", danger=danger), LIMITS)
    assert (decision.outcome, decision.category, decision.urgency, decision.rule) == (
        Outcome.JOINT,
        "fire",
        Urgency.EMERGENCY,
        "fire.burning",
    )


@pytest.mark.parametrize("category", ["misdial", "errand", "prank", "consumer_dispute"])
def test_against_a_model_that_is_sure_of_the_opposite_a_rule_brings_a_persons_look(category: str) -> None:
    decision = decide(_evidence("楼上着火了", category=category, danger=0.0), LIMITS)
    assert (decision.outcome, decision.urgency, decision.rule) == (
        Outcome.REVIEW,
        Urgency.EMERGENCY,
        "review.fire.burning",
    )


@given(danger=st.floats(0, 1), text=st.sampled_from([text for _, text in FIRES]))
def test_no_call_on_which_a_danger_rule_fired_is_answered_harmless(danger: float, text: str) -> None:
    evidence = _evidence(text, category="misdial", danger=danger)
    if any(fired.rule.level == "danger" for fired in evidence.fired):
        assert decide(evidence, LIMITS).outcome in (*DANGER, Outcome.REVIEW)


def test_signs_of_life_keep_a_silent_call_from_being_dropped() -> None:
    evidence = _evidence("无人说话,背景有女人惨叫", category="silent_call", danger=0.0)
    assert decide(evidence, LIMITS).outcome is Outcome.REVIEW


def _table(**changes: object) -> RuleTable:
    row = {
        "id": "test.rule",
        "level": "danger",
        "words": ["火"],
        "pattern": "火",
        "categories": ["fire"],
        "urgency": "emergency",
        "ignore": [],
        "reason": "r",
        "source": "s",
        "owner": "o",
    } | changes
    return RuleTable(version="1", let={}, rules=(RuleRow.model_validate(row),))


@pytest.mark.parametrize("category", ["parking", "prank", "no_such"])
def test_a_rule_may_only_name_police_or_joint_categories(category: str) -> None:
    with pytest.raises(TableError):
        _check(_table(categories=[category]))


def test_rules_name_their_source_and_owner() -> None:
    for rule in load_rules():
        assert rule.row.source
        assert rule.row.owner
        assert rule.row.reason
