"""Facts about cloud-config: what it is made of, its keys, and which of them are reserved or open."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import TypeAlias

Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | float | None"
"""What cloud-config can carry; a bool is an int to Python."""

Keys: TypeAlias = tuple[str | int, ...]
"""Where in a document: keys and positions from its top."""

KNOWN = frozenset(
    {
        "allow_public_ssh_keys",
        "ansible",
        "apk_repos",
        "apt",
        "apt_pipelining",
        "apt_reboot_if_required",
        "apt_update",
        "apt_upgrade",
        "authkey_hash",
        "autoinstall",
        "bootcmd",
        "byobu_by_default",
        "ca-certs",
        "ca_certs",
        "chef",
        "chpasswd",
        "cloud_config_modules",
        "cloud_final_modules",
        "cloud_init_modules",
        "create_hostname_file",
        "device_aliases",
        "disable_ec2_metadata",
        "disable_root",
        "disable_root_opts",
        "disk_setup",
        "drivers",
        "fan",
        "final_message",
        "fqdn",
        "fs_setup",
        "groups",
        "growpart",
        "grub-dpkg",
        "grub_dpkg",
        "hostname",
        "keyboard",
        "landscape",
        "launch-index",
        "locale",
        "locale_configfile",
        "lxd",
        "manage_etc_hosts",
        "manage_resolv_conf",
        "mcollective",
        "merge_how",
        "merge_type",
        "migrate",
        "mount_default_fields",
        "mounts",
        "no_ssh_fingerprints",
        "ntp",
        "output",
        "package_reboot_if_required",
        "package_update",
        "package_upgrade",
        "packages",
        "password",
        "phone_home",
        "power_state",
        "prefer_fqdn_over_hostname",
        "preserve_hostname",
        "puppet",
        "random_seed",
        "reporting",
        "resize_rootfs",
        "resolv_conf",
        "rh_subscription",
        "rsyslog",
        "runcmd",
        "salt_minion",
        "snap",
        "spacewalk",
        "ssh",
        "ssh_authorized_keys",
        "ssh_deletekeys",
        "ssh_fp_console_blacklist",
        "ssh_genkeytypes",
        "ssh_import_id",
        "ssh_key_console_blacklist",
        "ssh_keys",
        "ssh_publish_hostkeys",
        "ssh_pwauth",
        "ssh_quiet_keygen",
        "swap",
        "system_info",
        "timezone",
        "ubuntu_advantage",
        "ubuntu_pro",
        "updates",
        "user",
        "users",
        "vendor_data",
        "version",
        "wireguard",
        "write_files",
        "yum_repo_dir",
        "yum_repos",
        "zypper",
    }
)
"""Top-level keys that cloud-init 22.4 to 25.1 know. Source: schema-cloud-config-v1.json in their Debian packages."""

RESERVED = {
    "fqdn": "is set by the lab; leave it out and name the guest and the network's domain instead",
    "hostname": "is set by the lab; leave it out and name the guest instead",
    "merge_how": "has no effect, since layers are merged before cloud-init sees them; leave it out",
    "merge_type": "has no effect, since layers are merged before cloud-init sees them; leave it out",
    "ssh_deletekeys": "is set by the lab, whose known_hosts holds the guest's own key; leave it out",
    "ssh_keys": "is set by the lab, whose known_hosts holds the guest's own key; leave it out",
}
"""Keys that a layer cannot give, and why."""

OPEN = frozenset(
    {
        "append",
        "defer",
        "delay",
        "device",
        "devices",
        "disable_root",
        "encoding",
        "filename",
        "filesystem",
        "gecos",
        "groups",
        "growpart",
        "homedir",
        "label",
        "layout",
        "locale",
        "manage_etc_hosts",
        "manage_resolv_conf",
        "maxsize",
        "mode",
        "model",
        "name",
        "nameservers",
        "ntp_client",
        "owner",
        "package_reboot_if_required",
        "package_update",
        "package_upgrade",
        "packages",
        "path",
        "permissions",
        "pools",
        "prefer_fqdn_over_hostname",
        "preserve_hostname",
        "primary_group",
        "resize_rootfs",
        "searchdomains",
        "servers",
        "shell",
        "size",
        "ssh_genkeytypes",
        "ssh_pwauth",
        "sudo",
        "timezone",
        "uid",
        "users",
        "variant",
    }
)
"""Keys whose own text or number is no secret and holds none. What stands at any other may be one, since a password has
many places in cloud-config (commands, files, mounts, package sources): neither a message nor a preview shows it."""


def is_open(keys: Keys) -> bool:
    """Whether what stands there may be shown; of a place in a list, the list's key says so."""
    return next((key for key in reversed(keys) if isinstance(key, str)), None) in OPEN


def did_you_mean(word: str, known: Collection[str]) -> str:
    """The end of a message about a word that is not known, where one is near."""
    near = get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
