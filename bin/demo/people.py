"""One person per role; login and password are the role's name."""

from odoo.fields import Command

# login -> (name, groups, departments, manages)
PEOPLE = {
    "ward": ("李静 (ICU nurse)", ["med_consumables.group_ward_user"], ["ICU"], []),
    "wardmanager": (
        "王敏 (ICU head nurse)",
        ["med_consumables.group_ward_manager"],
        ["ICU", "RESP", "ER", "OR", "RAD"],
        ["ICU", "RESP", "ER", "OR", "RAD"],
    ),
    "cath": (
        "赵磊 (catheter lab)",
        ["med_consumables.group_ward_manager"],
        ["CATH", "DIAL", "LAB"],
        ["CATH", "DIAL", "LAB"],
    ),
    "store": (
        "陈志强 (storekeeper)",
        ["med_consumables.group_storekeeper"],
        ["STORE"],
        ["STORE"],
    ),
    "items": ("钱芳 (item master)", ["med_consumables.group_data_owner"], [], []),
    "planner": ("周岚 (planner)", ["med_replenishment.group_planner"], ["STORE"], []),
    "buyer": ("孙浩 (buyer)", ["med_purchase.group_buyer"], [], []),
    "approver": ("吴建国 (approver)", ["med_purchase.group_approver"], [], []),
    "finance": ("郑芳 (finance)", ["med_budget.group_budget_owner"], [], []),
    "his": (
        "何凯 (interfaces)",
        ["med_his_connector.group_integration_operator"],
        [],
        [],
    ),
    "privacy": (
        "林雪 (privacy officer)",
        ["med_consumables.group_privacy_officer"],
        [],
        [],
    ),
    "auditor": ("高原 (auditor)", ["med_consumables.group_auditor"], [], []),
}


def set_up(env, company, departments, time_zone):
    """``{login: user}``, without mail to anybody."""
    users = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            [
                {
                    "name": name,
                    "login": login,
                    "password": login,
                    "email": f"{login}@example.com",
                    "lang": "zh_CN",
                    "tz": time_zone,
                    "company_id": company.id,
                    "company_ids": [Command.set(company.ids)],
                    "group_ids": [Command.link(env.ref(group).id) for group in groups],
                    "med_department_ids": [
                        Command.set([departments[code].id for code in works_for])
                    ],
                    "notification_type": "inbox",
                }
                for login, (name, groups, works_for, _manages) in PEOPLE.items()
            ]
        )
    )
    by_login = dict(zip(PEOPLE, users, strict=True))
    for login, (_name, _groups, _works_for, manages) in PEOPLE.items():
        for code in manages:
            departments[code].manager_id = by_login[login]
    admin = env.ref("base.user_admin")
    admin.write({"tz": time_zone, "lang": "en_US", "notification_type": "inbox"})
    return {**by_login, "admin": admin}
