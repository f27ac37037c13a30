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

#: A ledger of issues (问题台账) that comes in, one row an issue: the columns that go out, and other headers for them.
LEDGER_FIELDS: Final = (
    *UNIT_FIELDS,
    Field("number", "台账号", ("问题编号", "问题台账号", "台账编号", "编号")),
    Field("code", "户编号", ("农户编号", "户号")),
    Field("head_name", "户主", ("户主姓名", "姓名", "农户姓名", "反映人", "涉及农户"), longest=200),
    Field("category", "问题类别", ("类别", "问题类型", "问题分类", "类型")),
    Field(
        "description", "问题描述",
        ("问题", "问题内容", "存在问题", "存在的问题", "反映问题", "反映的问题", "具体问题", "问题清单", "诉求"),
        longest=2000,
    ),
    Field(
        "raised_on", "收集时间", ("收集日期", "提出时间", "提出日期", "发现时间", "发现日期", "登记时间", "排查时间")
    ),
    Field("route", "处理方式", ("处置方式", "解决方式", "办理方式")),
    Field("level_now", "当前层级", ("层级", "办理层级", "所在层级")),
    Field("unit", "责任单位", ("牵头单位", "承办单位", "整改单位")),
    Field("responsible", "责任人", ("负责人", "承办人", "整改责任人")),
    Field("due_on", "整改时限", ("整改期限", "完成时限", "办结时限", "限时", "解决时限", "时限")),
    Field("resolved_on", "完成时间", ("办结时间", "整改完成时间", "解决时间", "完成日期", "办结日期", "销号时间")),
    Field("state", "状态", ("办理状态", "整改状态", "办理进度", "进展", "是否办结")),
    Field("note", "备注", ("说明",), longest=2000),
)  # fmt: skip
#: Words of ledgers for states, levels and ways of handling, besides those of the catalogue.
STATE_WORDS: Final = {
    "未办结": "open", "未解决": "open", "未完成": "open", "未整改": "open", "未办": "open", "否": "open",
    "交办": "assigned", "办理": "in_progress", "整改中": "in_progress", "正在整改": "in_progress",
    "正在办理": "in_progress", "推进中": "in_progress", "进行中": "in_progress", "办结": "resolved", "完成": "resolved",
    "已完成": "resolved", "已解决": "resolved", "已整改": "resolved", "整改完成": "resolved", "解决": "resolved",
    "是": "resolved", "销号": "closed", "清零": "closed", "已清零": "closed", "已挂账": "deferred", "退回": "returned",
    "作废": "invalid", "不属实": "invalid",
}  # fmt: skip
LEVEL_ALIASES: Final = {
    "村级": "village", "社区": "village", "乡": "township", "镇": "township", "乡级": "township", "镇级": "township",
    "乡镇级": "township", "街道": "township", "街道级": "township", "区级": "district", "县": "district",
    "县级": "district", "区县": "district",
}  # fmt: skip
ROUTE_WORDS: Final = {
    "现场": "on_spot", "当场解决": "on_spot", "现场办结": "on_spot", "限时": "time_limited", "限期解决": "time_limited",
    "限时办理": "time_limited", "解释": "explained", "解释说明": "explained", "上报": "escalated", "研判": "escalated",
    "提交研判": "escalated",
}  # fmt: skip

#: What one person did (我的工作), one row a visit made, an issue settled, a measure or a matter done.
WORK_COLUMNS: Final = (
    _BY_KEY["number"],
    OutColumn("on", "日期", "on", 12),
    OutColumn("kind", "类型", "kind", 8),
    _BY_KEY["township"], _BY_KEY["village"], _BY_KEY["group"],
    OutColumn("code", "户编号", "hh_code", 22),
    _BY_KEY["head_name"],
    OutColumn("about", "编号", "about", 24),
    OutColumn("what", "内容", "what", 40),
    OutColumn("result", "结果", "result", 14),
)  # fmt: skip

#: Two rounds compared, one row a unit.
COMPARED_COLUMNS: Final = (
    _BY_KEY["number"],
    OutColumn("name", "名称", "name", 20),
    OutColumn("then_roster", "上轮应访", "then_n", 9, "whole"),
    OutColumn("then_effective", "上轮有效走访", "then_eff", 11, "whole"),
    OutColumn("then_coverage", "上轮覆盖率(%)", "then_cov", 12, "decimal"),
    OutColumn("now_roster", "本轮应访", "now_n", 9, "whole"),
    OutColumn("now_effective", "本轮有效走访", "now_eff", 11, "whole"),
    OutColumn("now_coverage", "本轮覆盖率(%)", "now_cov", 12, "decimal"),
    OutColumn("points", "相差(百分点)", "points", 11, "decimal"),
    OutColumn("kept", "两轮都走到", "kept", 10, "whole"),
    OutColumn("newly_missed", "新漏", "new_miss", 7, "whole"),
    OutColumn("recovered", "补上", "recovered", 7, "whole"),
    OutColumn("missed_again", "两轮都漏", "again", 9, "whole"),
    OutColumn("new_reached", "新增户走到", "new_got", 10, "whole"),
    OutColumn("new_missed", "新增户未走到", "new_not", 11, "whole"),
    OutColumn("in_a_row", "连漏", "in_a_row", 11, "whole"),
    OutColumn("left", "不在本轮", "left", 9, "whole"),
)  # fmt: skip
