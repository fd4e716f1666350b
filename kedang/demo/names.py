"""Made-up but plausible customers: names, codes, phones, addresses. Everything comes from one seeded generator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from stdnum.cn import uscc

from kedang.kernel.names import normalize_name

DISTRICTS = {
    "上海": ["奉贤区", "闵行区", "松江区"], "苏州": ["工业园区", "吴中区", "昆山市"], "无锡": ["新吴区", "滨湖区"], "杭州": ["余杭区", "滨江区", "萧山区"],
    "宁波": ["鄞州区", "北仑区"], "南京": ["江宁区", "浦口区"], "常州": ["武进区", "新北区"], "嘉兴": ["南湖区", "秀洲区"], "绍兴": ["越城区", "柯桥区"],
    "合肥": ["蜀山区", "包河区"], "芜湖": ["鸠江区", "弋江区"], "南通": ["崇川区", "通州区"], "扬州": ["邗江区", "广陵区"], "湖州": ["吴兴区", "南浔区"],
    "台州": ["椒江区", "路桥区"], "金华": ["婺城区", "义乌市"],
}  # fmt: skip
ROADS = ["金钱公路", "创新大道", "长江路", "解放东路", "科技园路", "人民路", "望江路", "春晓路", "太湖大道", "文一西路"]
BRANDS = [
    "晨光", "大禹", "云启", "恒远", "启明", "盛达", "华越", "瑞丰", "中泰", "金源", "宏图", "天禾", "博瑞", "海纳", "信诚", "永兴",
    "新纪", "凯盛", "德邦", "力航", "蓝湾", "东林", "鼎新", "嘉禾", "旭日", "长青", "安捷", "汇通", "卓越", "正和", "明泰", "银杉",
]  # fmt: skip
TRADES = [
    "文具", "水利设备", "精密机械", "电子科技", "新材料", "包装制品", "纺织", "汽车零部件", "食品", "物流", "建材", "五金工具",
    "自动化设备", "环保工程", "家具", "印务", "化工", "仪表", "照明", "智能科技",
]  # fmt: skip
FORMS = ["有限公司", "有限公司", "有限公司", "股份有限公司", "有限责任公司", "厂"]
PLACES = list(DISTRICTS)
NATURES = ["民营企业", "民营企业", "民营企业", "国有企业", "外商独资", "中外合资", "集体企业"]
PARENTS = ["无", "无", "无", "市国资委", "省机械工业集团", "总部位于香港的控股公司"]
SOURCES = ["展会", "转介绍", "电话咨询", "陌拜", "搜索引擎", "线上咨询", "广告"]
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = [
    "建军",
    "志强",
    "丽娟",
    "晓东",
    "国华",
    "海燕",
    "文斌",
    "秀英",
    "明辉",
    "雅琴",
    "振宇",
    "淑芬",
    "浩然",
    "美玲",
    "立群",
    "一鸣",
    "佳怡",
    "永康",
]
POSTS = ["采购经理", "总经理", "采购主管", "办公室主任", "生产部长", "财务经理", "行政主管"]
MEDICAL_POSTS = {
    "hospital": ["药剂科主任", "采购办主任", "院办主任"], "pharmacy": ["店长", "采购员"], "dealer": ["总经理", "采购经理"],
    "retailer": ["店主", "店长"],
}  # fmt: skip
MEDICAL_NATURES = {
    "hospital": ["公立医院"],
    "pharmacy": ["民营企业", "个体工商户"],
    "dealer": ["民营企业", "国有企业"],
    "retailer": ["个体工商户"],
}
HOSPITALS = ["人民医院", "肿瘤医院", "第一人民医院", "中医医院", "妇幼保健院", "第二人民医院", "康复医院", "口腔医院"]
PHARMACIES = [
    "仁和",
    "同济堂",
    "百草堂",
    "康民",
    "益丰年",
    "存仁堂",
    "普济",
    "德仁堂",
    "万安",
    "济民",
    "春和堂",
    "福泽",
]
KINDS = ["hospital", "pharmacy", "dealer", "retailer"]


@dataclass(frozen=True)
class Made:
    """One customer to be."""

    name: str
    credit_code: str | None
    phone: str
    address: str
    nature: str
    parent_unit: str
    source: str
    contact: str
    contact_post: str
    contact_phone: str
    kind: str = ""


class Names:
    """Hands out customers; no name and no code twice."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.given: set[str] = set()
        self.sequence = 207_215_000

    def business(self) -> Made:
        """A company of any trade."""
        place = self.rng.choice(PLACES)
        name = self._once(lambda: place + self.rng.choice(BRANDS) + self.rng.choice(TRADES) + self.rng.choice(FORMS))
        return self._made(name, place, POSTS)

    def medical(self) -> Made:
        """A hospital, pharmacy, dealer or retailer."""
        kind = self.rng.choice(KINDS)
        place = self.rng.choice(PLACES)
        name = self._once(lambda: self._medical_name(kind, place))
        return self._made(name, place, MEDICAL_POSTS[kind], kind)

    def _medical_name(self, kind: str, place: str) -> str:
        if kind == "hospital":
            return f"{place}市{self.rng.choice(HOSPITALS)}"
        if kind == "pharmacy":
            branch = self.rng.choice(["", "人民路店", "长江路店", "望江路店", "春晓路店"])
            return f"{place}{self.rng.choice(PHARMACIES)}大药房{branch}"
        if kind == "dealer":
            return (
                f"{place}{self.rng.choice(BRANDS)}医药{self.rng.choice(['有限公司', '股份有限公司', '贸易有限公司'])}"
            )
        return f"{place}{self.rng.choice(BRANDS)}保健品{self.rng.choice(['商行', '经营部', '专营店'])}"

    def _once(self, draw: Callable[[], str]) -> str:
        while True:
            name = draw()
            key = normalize_name(name)
            if key not in self.given:
                self.given.add(key)
                return name

    def _made(self, name: str, place: str, posts: list[str], kind: str = "") -> Made:
        rng = self.rng
        return Made(
            name=name,
            credit_code=self._code() if rng.random() < 0.7 else None,
            phone=self.mobile(),
            address=f"{place}市{rng.choice(DISTRICTS[place])}{rng.choice(ROADS)}{rng.randint(1, 3999)}号",
            nature=rng.choice(MEDICAL_NATURES[kind] if kind else NATURES),
            parent_unit=self._parent(kind),
            source=rng.choice(SOURCES),
            contact=self.person(),
            contact_post=rng.choice(posts),
            contact_phone=self.mobile(),
            kind=kind,
        )

    def _parent(self, kind: str) -> str:
        if kind:
            return "市卫生健康委员会" if kind == "hospital" else "无"
        return self.rng.choice(PARENTS)

    def person(self) -> str:
        """A person's name."""
        return self.rng.choice(SURNAMES) + self.rng.choice(GIVEN)

    def mobile(self) -> str:
        """A mobile number."""
        return (
            f"{self.rng.choice(['138', '139', '136', '158', '186', '135', '177'])}{self.rng.randint(0, 99_999_999):08d}"
        )

    def _code(self) -> str:
        self.sequence += self.rng.randint(1, 90)
        body = f"91{self.rng.choice(['310000', '320500', '330100', '340100'])}{self.sequence:09d}"
        return body + str(uscc.calc_check_digit(body))
