/* The files of the page (web/), made ready by the Makefile: NAME to NAME_end as they are, NAME_gz to
 * NAME_gz_end compressed. */
    .section .rodata

    .macro bytes name, path
    .global \name
    .hidden \name
    .global \name\()_end
    .hidden \name\()_end
\name:
    .incbin "\path"
\name\()_end:
    .byte 0
    .endm

    .macro file name, path
    bytes \name, "\path"
    bytes \name\()_gz, "\path\().gz"
    .endm

    file web_account_en, "account.en.html"
    file web_account_de, "account.de.html"
    file web_first_en, "first.en.html"
    file web_first_de, "first.de.html"
    file web_organization_en, "organization.en.html"
    file web_organization_de, "organization.de.html"
    file web_style, "style.css"
    file web_script, "invitation.js"
    file web_api, "api.js"
    file web_ssh_key, "ssh_key.js"
    file web_account, "account.js"
    file web_passkey, "passkey.js"
    file web_ui, "ui.js"
    file web_organization, "organization.js"
    file web_people, "people.js"
    file web_invitations, "invitations.js"
    file web_roles, "roles.js"
    file web_machines, "machines.js"
    file web_history, "history.js"
    file web_live, "live.js"
    file web_device_en, "device.en.html"
    file web_device_de, "device.de.html"
    file web_device, "device.js"
    bytes web_invitation_en, "invitation.en.html"
    bytes web_invitation_de, "invitation.de.html"

    /* No executable stack. */
    .section .note.GNU-stack,"",%progbits
