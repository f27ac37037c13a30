"""Closed lists of codes (domain §2). Chinese and English words for them are in the catalogue as `<list>.<code>`."""

from __future__ import annotations

from typing import Final

LEVELS: Final = ("district", "township", "village", "group")

HOUSEHOLD_CLASSES: Final = (
    "general",
    "registered_poor",
    "lifted",
    "mon_unstable",
    "mon_marginal",
    "mon_sudden",
)
RESIDENCES: Final = ("at_home", "part_away", "away_all", "relocated")
COORD_SOURCES: Final = ("gps", "map_click", "import", "none")
TAG_KINDS: Final = (
    "elder_alone",
    "empty_nest",
    "left_behind_child",
    "child_in_difficulty",
    "disabled",
    "dibao",
    "tekun",
    "illness",
    "veteran",
    "relocated",
    "away_all",
)
#: Tags that make a household a priority one; away_all says where people are, not that they need care.
CARE_TAGS: Final = tuple(kind for kind in TAG_KINDS if kind not in ("away_all", "relocated"))

ROUND_STATUSES: Final = ("draft", "open", "closed", "locked")

MODES: Final = ("in_person", "phone", "video")
OUTCOMES: Final = (
    "effective",
    "partial_proxy",
    "not_home",
    "away_all",
    "postponed",
    "refused",
    "no_access",
    "not_found",
    "vacant",
    "destroyed",
    "moved_out",
    "merged",
    "deceased_all",
    "duplicate",
    "other",
)
CONTACT_OUTCOMES: Final = ("effective", "partial_proxy", "refused", "postponed")
PARTIAL_OUTCOMES: Final = ("partial_proxy", "postponed")
#: Outcomes that propose an exclusion; it stays pending until approved.
EXCLUDING_OUTCOMES: Final = ("vacant", "destroyed", "moved_out", "merged", "deceased_all", "duplicate")
#: Exclusion reasons that always leave the denominator, even after an effective visit.
ALWAYS_LEAVE: Final = ("merged", "duplicate")
RESPONDENTS: Final = ("head", "adult", "proxy", "child", "none")
ENTRY_KINDS: Final = ("live", "late", "paper", "bulk")
VISIT_REASONS: Final = (
    "at_work",
    "in_fields",
    "on_visit",
    "in_hospital",
    "migrant_work",
    "asked_later",
    "unwilling",
    "road_blocked",
    "no_such_home",
    "house_gone",
    "left_village",
    "register_error",
    "only_others",
    "unknown",
)

ASSIGNMENT_STATUSES: Final = ("assigned", "accepted", "returned", "replaced", "withdrawn")
LIVE_ASSIGNMENTS: Final = ("assigned", "accepted")
TEAM_ROLES: Final = (
    "county_lead",
    "township_lead",
    "team_captain",
    "first_secretary",
    "village_head",
    "group_cadre",
    "household_helper",
)

#: Policy told at the door (宣讲) and what is looked into (大排查), where a database has no list of its own.
TOPICS: Final = (
    "identification",
    "exit",
    "income_account",
    "health_insurance",
    "education_aid",
    "housing_safety",
)
CHECK_ITEMS: Final = ("income", "food_clothing", "education", "medical", "housing", "water")
CHECK_RESULTS: Final = ("ok", "problem")

ISSUE_SCOPES: Final = ("household", "group", "village")
ISSUE_CATEGORIES: Final = (
    "INC",
    "FOOD",
    "CLOTH",
    "EDU",
    "MED",
    "HOUSE",
    "WATER",
    "INF_W",
    "INF_E",
    "INF_R",
    "INF_T",
    "INF_H",
    "POL",
    "DISP",
    "IND",
    "JOB",
    "OTH",
)
ISSUE_STATES: Final = (
    "open",
    "assigned",
    "in_progress",
    "resolved",
    "closed",
    "deferred",
    "returned",
    "invalid",
)
ISSUE_ROUTES: Final = ("on_spot", "time_limited", "explained", "escalated")
CLOSE_KINDS: Final = ("solved_on_spot", "solved", "explained", "transferred_out")
ISSUE_LEVELS: Final = ("village", "township", "district")
ISSUE_EVENT_KINDS: Final = (
    "raised",
    "assigned",
    "progress",
    "escalated",
    "returned",
    "resolved",
    "closed",
    "reworked",
    "deferred",
    "extended",
    "reopened",
    "invalidated",
    "duplicated",
    "defer_asked",
    "amended",
)
#: States in which nobody has to do anything about an issue any more but check it, or nothing at all.
DONE_STATES: Final = ("resolved", "closed")
#: What a joint review (研判) can decide about an issue, in the order of its keys 1 … 5.
REVIEW_DECISIONS: Final = ("solve_here", "assign", "escalate", "explain", "defer")
#: Why an issue comes before a review; an issue may have several reasons.
REVIEW_REASONS: Final = ("escalated", "returned", "overdue", "undated", "defer_asked", "reworked")
#: Who verified where it was the household itself, with its answer (`issue.satisfaction`: 1 satisfied, 0 not).
HOUSEHOLD: Final = "household"

#: A household's visit state in a round, the first that holds (domain §6); the order is also the tile code.
VISIT_STATES: Final = ("overdue", "unvisited", "missed", "refused", "partial", "effective", "excluded")
#: States of gap rows, worst first: exclusive, and their counts sum to the length of the list.
GAP_STATES: Final = tuple(state for state in VISIT_STATES if state not in ("effective", "excluded"))
#: Marks on gap rows, in the order they are shown: any number of them may hold.
GAP_MARKS: Final = (
    "never",
    "missed_rounds",
    "missed_twice",
    "away_uncontacted",
    "revisit_on_return",
    "unassigned",
    "priority_overdue",
    "unlocated",
    "issue_overdue",
    "issue_undated",
    "exclusion_pending",
)
#: Why a visited home still needs somebody.
TODO_MARKS: Final = ("issue_overdue", "issue_undated", "unlocated", "unassigned")
#: A household in two rounds. In C of both; 新漏: in C then, not now; 补上: missed then, in C now; 连漏: missed in both;
#: 新增户 in C, and not.
COMPARED_KINDS: Final = ("kept", "newly_missed", "recovered", "missed_again", "new_reached", "new_missed")
#: What became of a household since an earlier round, the first that holds; the order is also the tile code. The state
#: "excluded" has the number that it has among the visit states.
COMPARED_STATES: Final = (
    "missed_long", "missed_again", "newly_missed", "joined", "recovered", "kept", "excluded",
)  # fmt: skip
#: Worst open issue of a household; the order is also the tile code.
ISSUE_RINGS: Final = ("none", "deferred", "open", "overdue")

#: `admin` looks after the work (业务管理员), `system_admin` after the machine, without data, `auditor` after the log.
ROLES: Final = ("planner", "leader", "recorder", "admin", "system_admin", "auditor")

IMPORT_OUTCOMES: Final = ("accept", "accept_with_warnings", "reject_rows", "reject_file", "ask")
FINDING_CODES: Final = (
    "E_EMPTY",
    "E_NOT_SPREADSHEET",
    "E_CORRUPT",
    "E_ENCRYPTED",
    "E_ENCODING",
    "E_MISSING_COLUMN",
    "E_DUP_COLUMN",
    "E_TOO_LARGE",
    "E_TOO_MANY_ROWS",
    "E_ZIP_BOMB",
    "E_XML_ENTITY",
    "E_FORBIDDEN_FORMAT",
    "E_FORBIDDEN_PATH",
    "E_EXTERNAL_REF",
    "R_REQUIRED",
    "R_DUP_ROW",
    "R_DUP_KEY_CONFLICT",
    "R_COLUMN_COUNT",
    "R_UNKNOWN_VALUE",
    "R_GEOM_INVALID",
    "R_GEOM_EMPTY",
    "R_GEOM_NAN",
    "W_ID_SCIENTIFIC",
    "W_ID_LOST_PRECISION",
    "W_ID_CHECKSUM",
    "W_ID_15",
    "W_ID_HIDDEN",
    "W_DUP_PERSON",
    "W_HEAD_GUESSED",
    "W_COORD_MISSING",
    "W_COORD_ZERO",
    "W_COORD_RANGE",
    "W_COORD_SWAPPED",
    "W_COORD_OUT_OF_AREA",
    "W_COORD_UNPARSEABLE",
    "W_COORD_PROJECTED",
    "W_CRS_GCJ02",
    "W_SAME_POINT",
    "W_NOT_IN_GROUP",
    "W_DATE_IMPOSSIBLE",
    "W_DATE_FUTURE",
    "W_DATE_AMBIGUOUS",
    "W_DATE_MISSING",
    "W_OUTCOME_MISSING",
    "W_RANGE",
    "W_TOO_LONG",
    "W_CONTROL_CHARS",
    "W_NORMALISED",
    "W_PHONE",
    "W_MASKED",
    "W_EXCEL_ERROR",
    "W_FORMULA",
    "W_FORMULA_TEXT",
    "W_TITLE_ROWS_SKIPPED",
    "W_TOTAL_ROW_SKIPPED",
    "W_HEADER_GUESSED",
    "W_UNKNOWN_COLUMNS",
    "W_REFUSED_COLUMN",
    "W_MERGED_FILLED",
    "W_HIDDEN_ROWS",
    "W_MACRO_IGNORED",
    "W_SUBMISSION_REJECTED",
    "W_SUBMISSION_ISSUES",
    "W_PRINTED_CHANGED",
    "W_SECOND_TABLE",
    "W_ISSUE_DIFFERS",
    "W_EXTERNAL_REF_IGNORED",
    "W_ATTR_DIFFERS",
    "W_UNIT_DIFFERS",
    "W_HEAD_CHANGED",
    "W_AREA_UNMATCHED",
    "W_GEOM_REPAIRED",
    "W_GEOM_ANTIMERIDIAN",
    "W_GROUPS_OVERLAP",
    "W_UNMATCHED",
    "W_ISSUE_INCOMPLETE",
)
