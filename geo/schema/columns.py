"""Chinese columns of the files that come in and go out: headers, aliases seen in the field, order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    """One column of an imported table: its key, its Chinese header, other headers seen for it, its longest text."""

    key: str
    header: str
    aliases: tuple[str, ...] = ()
    longest: int = 60


IMPORT_FIELDS: Final = (
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
    Field("id_number", "身份证号", ("证件号码", "身份证号码", "公民身份号码", "户主身份证", "户主身份证号")),
    Field("size", "人口", ("家庭人口数", "家庭人口", "人数", "家庭人数", "人口数")),
    Field("phone", "联系电话", ("户联系电话", "电话", "手机号", "手机号码", "联系方式")),
    Field(
        "household_class", "户类别",
        ("户类型", "贫困户属性", "脱贫属性", "农户类型", "家庭类型", "户属性", "aac006", "监测对象类型",
         "易返贫致贫户(监测对象)类型"),
    ),
    Field("tags", "重点标签", ("重点户", "标签", "重点人群")),
    Field("lon", "经度", ("x_经度", "东经")),
    Field("lat", "纬度", ("y_纬度", "北纬")),
    Field("visited_on", "走访日期", ("走访时间", "入户日期", "入户时间", "见面日期")),
    Field("outcome", "走访状态", ("是否见面", "是否走访", "走访情况", "走访结果", "见面情况", "是否入户")),
    Field("issue", "问题类别", ("反映问题", "存在问题", "问题", "问题类型", "存在的问题"), longest=500),
    Field("note", "备注", ("说明", "备注说明"), longest=2000),
)  # fmt: skip
#: Headers that yield to another column of the same meaning, where there is one.
WEAK_HEADERS: Final = (
    "自然村", "人数", "电话", "手机号", "手机号码", "联系方式", "监测对象类型", "易返贫致贫户(监测对象)类型",
    "反映问题", "存在问题", "存在的问题", "问题", "说明", "备注说明",
)  # fmt: skip
#: Headers that say that a row is a person, not a household.
PERSON_HEADERS: Final = ("与户主关系", "人编号", "人员编号")
#: Words in a header's brackets that change whose or which it is: 联系电话(帮扶人) is not the household's.
BRACKET_WORDS: Final = ("帮扶", "干部", "责任", "走访人", "配偶", "成员", "去年", "上年", "子女")
#: Headers that are a column's only in good company: decided by content and neighbours.
AMBIGUOUS_HEADERS: Final = {
    "姓名": ("head_name",),
    "编号": ("code",),
    "X坐标": ("lon", "lat"),
    "Y坐标": ("lat", "lon"),
    "地址": (),
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
)

#: The gap list's columns (domain §5) in order: key and Chinese header.
GAP_COLUMNS: Final = (
    ("number", "序号"), ("township", "乡镇"), ("village", "村"), ("group", "组"), ("code", "户编号"),
    ("head_name", "户主"), ("household_class", "户类别"), ("tags", "重点标签"), ("last_on", "上次走访"),
    ("last_outcome", "结果"), ("attempts", "上门次数"), ("assignee", "责任人"), ("due_on", "应访日期"),
    ("overdue_days", "超期天数"), ("open_issues", "未结问题"), ("located", "定位"), ("reasons", "原因"),
    ("priority", "优先级"), ("suggested", "建议顺序"),
)  # fmt: skip
