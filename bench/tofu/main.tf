# The guests of bench/plain, resource by resource.

terraform {
  required_providers {
    libvirt = {
      source = "dmacvicar/libvirt"
    }
  }
}

variable "lab" { type = string }
variable "guests" { type = number }
variable "cidr" { type = string }
variable "bridge" { type = string }
variable "directory" { type = string }
variable "image" { type = string }
variable "accelerator" { type = string }
variable "memory" { type = number }
variable "disk" { type = number }

provider "libvirt" {
  uri = "qemu:///system"
}

resource "libvirt_network" "network" {
  name      = var.lab
  mode      = "nat"
  bridge    = var.bridge
  addresses = [var.cidr]
}

resource "libvirt_pool" "pool" {
  name = var.lab
  type = "dir"
  target {
    path = var.directory
  }
}

resource "libvirt_volume" "base" {
  name   = "base.qcow2"
  pool   = libvirt_pool.pool.name
  source = var.image
  format = "qcow2"
}

resource "libvirt_volume" "disk" {
  count          = var.guests
  name           = "${var.lab}-${count.index + 1}.qcow2"
  pool           = libvirt_pool.pool.name
  base_volume_id = libvirt_volume.base.id
  size           = var.disk * 1024 * 1024
}

resource "libvirt_cloudinit_disk" "seed" {
  count     = var.guests
  name      = "${var.lab}-${count.index + 1}.iso"
  pool      = libvirt_pool.pool.name
  meta_data = "instance-id: ${var.lab}-${count.index + 1}\n"
  user_data = "#cloud-config\nhostname: ${var.lab}-${count.index + 1}\n"
}

resource "libvirt_domain" "guest" {
  count     = var.guests
  name      = "${var.lab}-${count.index + 1}"
  type      = var.accelerator
  memory    = var.memory
  cloudinit = libvirt_cloudinit_disk.seed[count.index].id
  disk {
    volume_id = libvirt_volume.disk[count.index].id
  }
  network_interface {
    network_id = libvirt_network.network.id
  }
  console {
    type        = "pty"
    target_port = "0"
    target_type = "serial"
  }
  # SPICE, the provider's default, is not in every QEMU.
  graphics {
    type           = "vnc"
    listen_type    = "address"
    listen_address = "127.0.0.1"
  }
}
