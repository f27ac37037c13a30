"""Chinese columns of the files that come in and go out: headers, aliases seen in the field, order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Field:
    """One column of an imported table: its key, its Chinese header, other headers seen for it, its longest text."""

    key: str
    header: str
    aliases: tuple[str, ...] = ()
    longest: int = 60


#: Columns that only tick one care tag or class of households (√, 是, a number of people); `words.toml` has more names.
TICK_FIELDS: Final = (
    Field("tag_elder_alone", "独居老人"), Field("tag_empty_nest", "空巢老人"),
    Field("tag_left_behind_child", "留守儿童"), Field("tag_child_in_difficulty", "困境儿童"),
    Field("tag_disabled", "残疾"), Field("tag_dibao", "低保"), Field("tag_tekun", "特困供养"),
    Field("tag_illness", "大病慢病"), Field("tag_veteran", "优抚"), Field("tag_relocated", "易地搬迁"),
    Field("tag_away_all", "举家外出"), Field("class_general", "一般户"),
    Field("class_registered_poor", "建档立卡户"), Field("class_lifted", "脱贫户"),
    Field("class_mon_unstable", "脱贫不稳定户"), Field("class_mon_marginal", "边缘易致贫户"),
    Field("class_mon_sudden", "突发严重困难户"), Field("class_monitored", "监测户"),
)  # fmt: skip
IMPORT_FIELDS: Final = (
    Field("row_key", "行键"),
    Field("district", "区县", ("县(市、区、旗)", "县区", "县", "区")),
    Field("township", "乡镇", ("乡(镇)", "所在乡镇街道", "乡镇(街道)", "乡镇名称")),
    Field("village", "村", ("行政村", "村居名称", "村(社区)", "村名", "村名称", "所在村")),
    Field(
        "village_code", "村代码",
        ("行政村代码", "村编码", "村委会代码", "行政区划代码", "区划代码", "统计用区划代码"),
    ),
    Field("group", "村民组", ("村民小组", "小组", "组名", "所属小组", "组别", "组", "自然村", "aar007")),
    Field("code", "户编号", ("户号", "户代码", "农户编号", "家庭编号", "户编码", "aac001")),
    Field("head_name", "户主", ("户主姓名", "户主名字", "户主名", "户主名称", "aac029"), longest=200),
    Field("relation", "与户主关系", ("与户主的关系", "和户主关系", "户主关系")),
    Field("person_name", "成员姓名", ("家庭成员姓名", "人员姓名"), longest=200),
    Field("id_number", "身份证号", ("证件号码", "身份证号码", "公民身份号码", "户主身份证", "户主身份证号")),
    Field("size", "人口", ("家庭人口数", "家庭人口", "人数", "家庭人数", "人口数")),
    Field(
        "phone", "联系电话",
        ("户联系电话", "人联系电话", "电话", "手机号", "手机号码", "联系方式", "户主联系电话",
         "户主电话", "户主手机号", "户主手机号码", "户主联系方式", "户电话", "户联系方式", "家庭联系电话",
         "家庭电话"),
    ),
    Field(
        "household_class", "户类别",
        ("户类型", "贫困户属性", "脱贫属性", "农户类型", "家庭类型", "户属性", "aac006", "监测对象类型",
         "易返贫致贫户(监测对象)类型"),
    ),
    Field("tags", "重点标签", ("重点户", "标签", "重点人群")),
    Field(
        "lon", "经度",
        ("x_经度", "东经", "坐标(经度)", "坐标经度", "经度坐标", "GPS经度", "lng", "lon", "longitude"),
    ),
    Field("lat", "纬度", ("y_纬度", "北纬", "坐标(纬度)", "坐标纬度", "纬度坐标", "GPS纬度", "lat", "latitude")),
    Field(
        "point", "坐标",
        ("经纬度", "经纬度坐标", "坐标点", "地理坐标", "位置坐标", "GPS坐标", "定位坐标", "坐标位置", "坐标(经纬度)"),
    ),
    Field("coord_system", "坐标系", ("坐标系统", "坐标系类型", "坐标类型", "坐标基准")),
    Field("coord_origin", "坐标来源", ("定位来源", "定位方式", "来源", "数据来源")),
    Field("visited_on", "走访日期", ("走访时间", "入户日期", "入户时间", "见面日期")),
    Field("outcome", "走访状态", ("是否见面", "是否走访", "走访情况", "走访结果", "见面情况", "是否入户")),
    Field("mode", "走访方式", ("走访形式",)),
    Field("respondent", "见到谁"),
    Field("reason", "未见面原因", ("未走访原因",)),
    Field("revisit_on", "再访日期"),
    Field("issue", "问题类别", ("反映问题", "存在问题", "问题", "问题类型", "存在的问题"), longest=500),
    Field("issue_title", "问题描述", longest=2000),
    Field("issue_route", "处理方式"),
    Field("issue_due", "整改时限"),
    Field("note", "备注", ("说明", "备注说明"), longest=2000),
    *TICK_FIELDS,
)  # fmt: skip
#: Headers that yield to another column of the same meaning, where there is one.
WEAK_HEADERS: Final = (
    "来源", "数据来源",
    "自然村", "人数", "人联系电话", "电话", "手机号", "手机号码", "联系方式", "监测对象类型",
    "易返贫致贫户(监测对象)类型", "反映问题", "存在问题", "存在的问题", "问题", "说明", "备注说明",
)  # fmt: skip
#: Headers that say that a row is a person, not a household.
PERSON_HEADERS: Final = ("与户主关系", "与户主的关系", "和户主关系", "户主关系", "人编号", "人员编号")
#: Words of a header above others that say that these are about members of the household.
MEMBER_WORDS: Final = ("成员", "家庭人员")
#: How the head of the household is called among the relations to the head.
HEAD_RELATIONS: Final = ("户主", "本人", "户主本人", "本人或户主", "01", "02")
#: Words in a header's brackets that change whose or which it is: 联系电话(帮扶人) is not the household's.
BRACKET_WORDS: Final = ("帮扶", "干部", "责任", "走访人", "配偶", "成员", "去年", "上年", "子女")
#: Headers of phones: first those that are the household's whatever stands around them, then in their order.
PHONE_RANKS: Final = (
    ("户主联系电话", "户主电话", "户主手机号", "户主手机号码", "户主联系方式", "户联系电话", "户电话",
     "户联系方式", "家庭联系电话", "家庭电话"),
    ("联系电话", "联系方式", "手机号码", "手机号", "电话"),
    ("人联系电话",),
)  # fmt: skip
#: Parts of headers that name somebody with an office, to whom the phone behind belongs.
OFFICER_WORDS: Final = (
    "干部", "帮扶", "责任人", "网格员", "填表人", "填报人", "联系人", "联络员", "走访人", "包保", "包组",
    "包户", "包村", "驻村", "工作队", "书记", "主任", "组长", "负责人", "审核人",
    "调查员", "调查人", "登记人", "采集人", "村医", "协管员",
)  # fmt: skip
#: Parts of headers that may stand between an officer and the phone: what he is, and where.
BESIDE_OFFICER: Final = ("职务", "职位", "单位")
#: Headers that are a column's only in good company: decided by content and neighbours.
AMBIGUOUS_HEADERS: Final = {
    "姓名": ("head_name",),
    "编号": ("code",),
    "X坐标": ("lon", "lat"),
    "Y坐标": ("lat", "lon"),
    "X": ("lon", "lat"),
    "Y": ("lat", "lon"),
    "坐标X": ("lon", "lat"),
    "坐标Y": ("lat", "lon"),
    "横坐标": ("lon", "lat"),
    "纵坐标": ("lat", "lon"),
    "东坐标": ("lon", "lat"),
    "北坐标": ("lat", "lon"),
    "地址": (),
    "包组干部": (),
}
#: Columns that are known and not taken: the system has no field for them.
REFUSED_HEADERS: Final = (
    "民族",
    "宗教",
    "宗教信仰",
    "政治面貌",
    "党员",
    "是否党员",
    "信仰",
    "重点人员",
    "可疑",
    "民族成分",
    "民族成份",
    "是否信教",
    "是否上访",
    "是否涉稳",
)
#: Parts of headers that are refused whatever stands around them.
REFUSED_STEMS: Final = (
    "民族", "族别", "宗教", "信教", "信仰", "政治面貌", "党员", "党派", "上访", "信访", "涉稳", "维稳", "可疑", "嫌疑",
    "邪教", "涉黑", "涉恐", "涉毒", "吸毒", "重点人员", "管控", "思想动态",
)  # fmt: skip
#: Columns that are known and have nothing to say here: running numbers and facts the product does not keep.
IGNORED_HEADERS: Final = (
    "序号",
    "行号",
    "家庭住址",
    "住宅地址",
    "户地址",
    "详细地址",
    "现住址",
    "住址",
    "人编号",
    "居住情况",
    "本轮状态",
    "上次走访日",
    "上次走访",
    "上次结果",
    "未结问题",
    "上门次数",
    "应访日期",
    "超期天数",
    "优先级",
    "建议顺序",
    "优先级理由",
    "路线责任人",
)


@dataclass(frozen=True, slots=True)
class OutColumn:
    """One column of what is taken away.

    Its key, its Chinese header, its field name where a format holds ten plain letters, its width in characters (a Han
    character is two), and what it holds: text, whole numbers, decimals or degrees.
    """

    key: str
    header: str
    field: str
    width: float = 9
    holds: Literal["text", "whole", "decimal", "degrees"] = "text"


_NUMBER: Final = OutColumn("number", "序号", "no", 6, "whole")
_TOWNSHIP: Final = OutColumn("township", "乡镇", "township", 18)
_VILLAGE: Final = OutColumn("village", "村", "village", 12)
_GROUP: Final = OutColumn("group", "组", "grp", 10)
_CODE: Final = OutColumn("code", "户编号", "hh_code", 22)
_HEAD: Final = OutColumn("head_name", "户主", "head", 9)
_CLASS: Final = OutColumn("household_class", "户类别", "class", 12)
_TAGS: Final = OutColumn("tags", "重点标签", "tags", 18)
_ASSIGNEE: Final = OutColumn("assignee", "责任人", "assignee", 12)
_DUE: Final = OutColumn("due_on", "应访日期", "due_on", 12)
_PRIORITY: Final = OutColumn("priority", "优先级", "priority", 7, "whole")

#: The gap list (domain §5), one row a household; 已走访待办 has the same.
GAP_COLUMNS: Final = (
    _NUMBER, _TOWNSHIP, _VILLAGE, _GROUP, _CODE, _HEAD, _CLASS, _TAGS,
    OutColumn("last_on", "上次走访", "last_on", 12),
    OutColumn("last_outcome", "结果", "last_res", 11),
    OutColumn("attempts", "上门次数", "attempts", 7, "whole"),
    _ASSIGNEE, _DUE,
    OutColumn("overdue_days", "超期天数", "late_days", 7, "whole"),
    OutColumn("open_issues", "未结问题", "issues", 7, "whole"),
    OutColumn("located", "定位", "located", 8),
    OutColumn("reasons", "原因", "reasons", 34),
    _PRIORITY,
    OutColumn("suggested", "建议顺序", "suggested", 7, "whole"),
)  # fmt: skip
#: The gap list by group, one row a group (or a village's households without one).
GROUP_COLUMNS: Final = (
    _NUMBER, _TOWNSHIP, _VILLAGE, _GROUP,
    OutColumn("roster", "应访", "roster", 7, "whole"),
    OutColumn("effective", "有效走访", "effective", 9, "whole"),
    OutColumn("remaining", "没走到", "remaining", 8, "whole"),
    OutColumn("overdue", "超期未访", "overdue", 9, "whole"),
    OutColumn("unvisited", "未访", "unvisited", 7, "whole"),
    OutColumn("missed", "上门未遇", "missed", 9, "whole"),
    OutColumn("refused", "拒访", "refused", 7, "whole"),
    OutColumn("partial", "仅见到旁人", "partial", 11, "whole"),
    OutColumn("untouched", "一户未走到", "untouched", 11),
    _ASSIGNEE, _DUE, _PRIORITY,
)  # fmt: skip
#: The roster, one row a household; headed so that the importer reads it back, 居住情况 and 本轮状态 for the eye only.
ROSTER_COLUMNS: Final = (
    _NUMBER, _TOWNSHIP, _VILLAGE,
    OutColumn("village_code", "村代码", "vill_code", 14),
    OutColumn("group", "村民组", "grp", 10),
    _CODE, _HEAD,
    OutColumn("size", "人口", "size", 6, "whole"),
    OutColumn("phone", "联系电话", "phone", 14),
    _CLASS, _TAGS,
    OutColumn("residence", "居住情况", "residence", 10),
    OutColumn("lon", "经度", "lon", 12, "degrees"),
    OutColumn("lat", "纬度", "lat", 11, "degrees"),
    OutColumn("state", "本轮状态", "state", 10),
    OutColumn("note", "备注", "note", 24),
)  # fmt: skip
#: Coverage, one row a unit of a level.
COVERAGE_COLUMNS: Final = (
    _NUMBER,
    OutColumn("level", "级别", "level", 7),
    OutColumn("code", "代码", "code", 17),
    OutColumn("name", "名称", "name", 20),
    OutColumn("parent", "上级", "parent", 18),
    OutColumn("roster", "应访", "roster", 8, "whole"),
    OutColumn("attempted", "上过门", "attempted", 8, "whole"),
    OutColumn("contacted", "见到人", "contacted", 8, "whole"),
    OutColumn("effective", "有效走访", "effective", 9, "whole"),
    OutColumn("coverage", "走访覆盖率(%)", "coverage", 10, "decimal"),
    OutColumn("attempt", "上门率(%)", "attempt", 9, "decimal"),
    OutColumn("contact", "见面率(%)", "contact", 9, "decimal"),
    OutColumn("away", "举家外出", "away", 9, "whole"),
    OutColumn("phone", "含电话走访", "phone", 10, "whole"),
    OutColumn("phone_share", "含电话走访率(%)", "phone_sh", 10, "decimal"),
    OutColumn("remaining", "距达标还差", "remaining", 10, "whole"),
    OutColumn("overdue", "超期未访", "overdue", 9, "whole"),
    OutColumn("unvisited", "未访", "unvisited", 7, "whole"),
    OutColumn("missed", "上门未遇", "missed", 9, "whole"),
    OutColumn("refused", "拒访", "refused", 7, "whole"),
    OutColumn("partial", "仅见到旁人", "partial", 10, "whole"),
    OutColumn("groups", "组数", "groups", 7, "whole"),
    OutColumn("groups_touched", "覆盖组", "grp_touch", 8, "whole"),
    OutColumn("groups_complete", "完成组", "grp_done", 8, "whole"),
    OutColumn("open_issues", "未结问题", "issues", 8, "whole"),
    OutColumn("overdue_issues", "超期问题", "late_iss", 8, "whole"),
    OutColumn("clear", "清零率(%)", "clear", 9, "decimal"),
)  # fmt: skip
#: The ledger of issues (台账, domain §5), one row an issue.
LEDGER_COLUMNS: Final = (
    _NUMBER,
    OutColumn("issue_number", "台账号", "issue_no", 24),
    _TOWNSHIP, _VILLAGE, _GROUP, _HEAD,
    OutColumn("category", "问题类别", "category", 10),
    OutColumn("description", "问题描述", "descr", 40),
    OutColumn("raised_on", "收集时间", "raised_on", 12),
    OutColumn("route", "处理方式", "route", 10),
    OutColumn("level_now", "当前层级", "level_now", 9),
    OutColumn("responsible", "责任人", "resp", 12),
    OutColumn("due_on", "整改时限", "due_on", 12),
    OutColumn("resolved_on", "完成时间", "done_on", 12),
    OutColumn("state", "状态", "state", 8),
    OutColumn("note", "备注", "note", 24),
)  # fmt: skip
#: The sheet of a joint review (研判单), one row an issue; the last column is left free for a signature.
REVIEW_COLUMNS: Final = (
    _NUMBER,
    OutColumn("issue_number", "台账号", "issue_no", 24),
    _VILLAGE, _GROUP, _HEAD,
    OutColumn("category", "问题类别", "category", 10),
    OutColumn("description", "问题描述", "descr", 40),
    OutColumn("history", "经过", "history", 30),
    OutColumn("reasons", "提交研判的原因", "reasons", 16),
    OutColumn("due_on", "整改时限", "due_on", 12),
    OutColumn("decision", "研判意见", "decision", 14),
    OutColumn("note", "说明", "note", 20),
    OutColumn("signature", "签字", "sign", 12),
)  # fmt: skip
#: Whether a unit's area is a given outline (实界) or the land nearest to its households (示意): every list with areas
#: says it, so that nobody, and no import, takes a guess for a boundary.
BOUNDARY_COLUMN: Final = OutColumn("boundary", "边界", "boundary", 8)
#: Areas, one row a unit.
AREA_COLUMNS: Final = (
    _NUMBER,
    OutColumn("level", "级别", "level", 7),
    OutColumn("code", "代码", "code", 17),
    OutColumn("name", "名称", "name", 20),
    OutColumn("parent_code", "上级代码", "parent_no", 15),
    OutColumn("parent", "上级", "parent", 18),
    BOUNDARY_COLUMN,
    OutColumn("households", "户数", "homes", 8, "whole"),
    OutColumn("located", "已定位户数", "located", 10, "whole"),
    OutColumn("area_km2", "面积(平方公里)", "area_km2", 10, "decimal"),
    OutColumn("lon", "中心经度", "lon", 12, "degrees"),
    OutColumn("lat", "中心纬度", "lat", 11, "degrees"),
)  # fmt: skip

#: Columns of a map file that say which unit a feature is: names seen in GIS data beside those of `IMPORT_FIELDS`.
AREA_FIELDS: Final = (
    Field("level", "level", ("级别", "层级", "行政级别", "单位级别")),
    Field(
        "code", "code",
        ("代码", "编码", "行政代码", "单位代码", "乡镇代码", "组代码", "村民组代码", "XZQDM", "ZLDWDM", "QSDWDM", "PAC",
         "GB"),
    ),
    Field("name", "name", ("名称", "单位名称", "行政区名称", "NAME_CHN", "XZQMC", "ZLDWMC", "QSDWMC")),
    Field("parent", "parent", ("parent_no", "上级", "上级代码", "上级名称", "所属单位")),
    Field("boundary", "边界", ("boundary", "边界性质")),
    Field("district", "区县", ("区县名称", "县名称", "所属区县")),
    Field("township", "乡镇", ("乡镇名", "乡镇街道", "乡镇街道名称", "街道名称", "所属乡镇", "XZMC", "XIANG")),
    Field("village", "村", ("行政村名称", "村社区", "村社区名称", "社区名称", "社区", "所属村", "XZCMC", "CMC", "CUN")),
    Field("village_code", "村代码", ("行政村编码", "村社区代码", "XZCDM", "CDM")),
    Field("group", "村民组", ("村民小组名称", "村民组名称", "组名称", "小组名称", "ZMC")),
)  # fmt: skip
#: What 边界 says where an outline is computed from households, or there is none: that is nothing given.
COMPUTED_WORDS: Final = ("示意", "无", "computed", "none")
#: What a `level` may say in Chinese for each level.
LEVEL_WORDS: Final = {
    "district": ("区", "县", "区县", "县区", "县级", "区县级"),
    "township": ("乡镇", "乡", "镇", "街道", "乡镇街道", "乡级", "乡镇级"),
    "village": ("村", "社区", "行政村", "村社区", "村居", "村级"),
    "group": ("组", "村民组", "村民小组", "小组", "自然村", "组级"),
}
#: What a mapping file can fill, target by target: field key and the Chinese name that a report says it by. A field is
#: a column of the target's table where `schema.mapped` says nothing else.
MAPPED_HEADERS: Final = {
    "places": (
        ("key", "单位代码"), ("name", "单位名称"), ("level", "级别"), ("parent", "上级代码"), ("full_name", "全称"),
        ("valid_from", "启用日期"), ("valid_to", "停用日期"), ("lon", "经度"), ("lat", "纬度"),
    ),
    "households": (
        ("key", "户编号"), ("head_name", "户主"), ("id_number", "身份证号"), ("size", "人口"), ("phone", "联系电话"),
        ("household_class", "户类别"), ("residence", "居住情况"), ("tags", "重点标签"), ("dwelling", "住房编号"),
        ("lon", "经度"), ("lat", "纬度"), ("entered_on", "入册日期"), ("note", "备注"),
    ),
    "visits": (
        ("key", "走访编号"), ("household", "户编号"), ("visited_on", "走访日期"), ("outcome", "走访状态"),
        ("mode", "走访方式"), ("reason", "原因"), ("respondent", "受访人"), ("revisit_on", "改期日期"),
        ("entry_kind", "录入方式"), ("lon", "经度"), ("lat", "纬度"), ("note", "备注"),
    ),
    "issues": (
        ("key", "台账号"), ("household", "户编号"), ("scope", "问题范围"), ("category", "问题类别"), ("title", "问题"),
        ("detail", "问题描述"), ("raised_on", "收集时间"), ("route", "处理方式"), ("due_on", "整改时限"),
        ("responsible", "责任人"), ("state", "状态"), ("changed_on", "状态日期"), ("resolved_on", "完成时间"),
        ("closed_on", "销号时间"), ("close_kind", "销号方式"), ("verified_by", "核实人"), ("satisfaction", "满意度"),
        ("duplicate_of", "重复于"),
    ),
}  # fmt: skip
#: The units of a mapping's tree, highest first.
MAPPED_UNITS: Final = {"district": "区县", "township": "乡镇", "village": "村", "group": "村民组"}
