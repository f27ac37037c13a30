"""Chinese columns of the lists of work: practical matters (实事) and teams (队伍), as they come in and go out."""

from __future__ import annotations

from typing import Final

from geo.schema.columns import IMPORT_FIELDS, LEDGER_COLUMNS, Field, OutColumn

_UNIT_KEYS: Final = ("district", "township", "village", "village_code", "group")
#: How a file says where a row belongs; the same headers as in a register.
UNIT_FIELDS: Final = tuple(one for one in IMPORT_FIELDS if one.key in _UNIT_KEYS)
_BY_KEY: Final = {one.key: one for one in LEDGER_COLUMNS}

#: The ledger of practical matters, one row a matter; headed so that the importer reads it back.
MATTER_COLUMNS: Final = (
    _BY_KEY["number"],
    OutColumn("matter_number", "编号", "matter_no", 24),
    _BY_KEY["township"], _BY_KEY["village"], _BY_KEY["group"],
    OutColumn("category", "类别", "category", 10),
    OutColumn("title", "实事", "title", 36),
    OutColumn("unit", "责任单位", "unit", 14),
    OutColumn("responsible", "责任人", "resp", 10),
    OutColumn("funds", "资金(元)", "funds", 16, "decimal"),
    OutColumn("source", "资金来源", "source", 14),
    OutColumn("homes", "受益户数", "homes", 9, "whole"),
    OutColumn("started_on", "开始时间", "started_on", 12),
    OutColumn("done_on", "完成时间", "done_on", 12),
    OutColumn("issue_number", "台账号", "issue_no", 24),
    OutColumn("note", "备注", "note", 24),
)  # fmt: skip
MATTER_FIELDS: Final = (
    *UNIT_FIELDS,
    Field("number", "编号", ("实事编号", "项目编号")),
    Field("category", "类别", ("实事类别", "问题类别", "项目类别", "类型")),
    Field(
        "title", "实事", ("实事名称", "实事内容", "办实事内容", "事项", "事项名称", "项目名称", "项目", "内容"),
        longest=200,
    ),
    Field("unit", "责任单位", ("实施单位", "牵头单位", "承办单位", "帮扶单位")),
    Field("responsible", "责任人", ("负责人", "承办人")),
    Field(
        "funds", "资金(元)",
        ("资金", "投入资金", "投入资金(元)", "金额", "金额(元)", "投资", "投资额", "资金(万元)", "投入资金(万元)",
         "金额(万元)", "投资(万元)", "投资额(万元)", "资金(亿元)", "投入资金(亿元)"),
    ),
    Field("source", "资金来源"),
    Field("homes", "受益户数", ("惠及户数", "受益农户", "受益农户数")),
    Field("started_on", "开始时间", ("开工时间", "开工日期", "开始日期", "启动时间")),
    Field("done_on", "完成时间", ("办结时间", "完工时间", "竣工时间", "完成日期", "办结日期")),
    Field("issue", "台账号", ("问题台账号",)),
    Field("note", "备注", ("说明",), longest=2000),
)  # fmt: skip
#: Unit of money → fen in it, the longer first.
MONEY_UNITS: Final = {
    "亿元": 10_000_000_000, "万元": 1_000_000, "亿": 10_000_000_000, "万": 1_000_000, "元": 100, "￥": 100, "¥": 100,
}  # fmt: skip

#: The people of teams, one row a person and task; headed so that the importer reads it back.
TEAM_COLUMNS: Final = (
    _BY_KEY["number"], _BY_KEY["township"], _BY_KEY["village"], _BY_KEY["group"],
    OutColumn("code", "户编号", "hh_code", 22),
    OutColumn("role", "角色", "role", 16),
    OutColumn("person_name", "姓名", "name", 10),
    OutColumn("phone", "联系电话", "phone", 14),
    OutColumn("leads", "牵头", "leads", 6),
    OutColumn("since", "开始日期", "since", 12),
    OutColumn("until", "结束日期", "until", 12),
)  # fmt: skip
TEAM_FIELDS: Final = (
    *UNIT_FIELDS,
    Field("code", "户编号", ("户号", "户代码", "农户编号")),
    Field("role", "角色", ("职务", "岗位", "队伍角色", "身份")),
    Field("person_name", "姓名", ("干部姓名", "人员姓名", "队员姓名", "责任人"), longest=60),
    Field("phone", "联系电话", ("电话", "手机号", "手机号码", "联系方式")),
    Field("leads", "牵头", ("是否牵头", "组长", "是否组长")),
    Field("since", "开始日期", ("开始时间", "任职时间", "到岗时间", "起始日期")),
    Field("until", "结束日期", ("结束时间", "离任时间", "离岗时间", "终止日期")),
)  # fmt: skip
#: What a team's file may call a role beside its word in the catalogue.
ROLE_WORDS: Final = {
    "包村县级领导": "county_lead", "县级领导": "county_lead", "包村区级领导": "county_lead",
    "包村领导(县级)": "county_lead",
    "乡镇包村领导": "township_lead", "包村领导": "township_lead", "乡镇领导": "township_lead",
    "乡镇街道包村领导": "township_lead",
    "驻村工作队队长": "team_captain", "工作队队长": "team_captain", "驻村队长": "team_captain", "队长": "team_captain",
    "第一书记": "first_secretary", "驻村第一书记": "first_secretary",
    "村两委主要负责人": "village_head", "村支书": "village_head", "村支部书记": "village_head",
    "村主任": "village_head",
    "村党支部书记": "village_head", "村委会主任": "village_head", "村“两委”主要负责人": "village_head",
    "包组干部": "group_cadre", "组干部": "group_cadre",
    "帮扶责任人": "household_helper", "帮扶人": "household_helper", "帮扶干部": "household_helper",
    "结对帮扶人": "household_helper",
}  # fmt: skip
#: What a ledger of matters calls a category beside the words of registers: 水电路讯房 one by one.
CATEGORY_WORDS: Final = {
    "水": "INF_W", "供水": "INF_W", "水利": "INF_W", "灌溉": "INF_W", "电": "INF_E", "供电": "INF_E", "路": "INF_R",
    "讯": "INF_T", "通讯": "INF_T", "网络": "INF_T", "房": "INF_H", "房屋改善": "INF_H", "住房改善": "INF_H",
}  # fmt: skip
