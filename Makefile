# The ways into kvmlab; `make help` lists them. After `. .toolchain/env`, plain pulumi commands do the same.

STACK ?= quickstart
pulumi = . .toolchain/env && pulumi
console = . .toolchain/env && $(if $(ADOPT),KVMLAB_ADOPT=$(ADOPT) )python -m console
looking = . .toolchain/env && $(if $(ADOPT),KVMLAB_ADOPT=$(ADOPT) )$(offline) python -m console
refresh = $(if $(REFRESH),--refresh)
# What a preview is run by that is to ask no host and needs no passphrase.
offline = $(if $(OFFLINE),python -m stacks.offline $(STACK) $(if $(STATE),--state '$(STATE)') $(if $(BASE),--base '$(BASE)') --)
ifneq ($(and $(OFFLINE),$(filter up destroy,$(MAKECMDGOALS))),)
$(error OFFLINE: is for previews alone, got $(filter up destroy,$(MAKECMDGOALS)); leave it out, and run where hosts are reached)
endif
# What `pulumi` of .toolchain/env does after each call.
tidied = status=$$?; toolchain/tidy; exit $$status

.PHONY: help
help: ## show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "make %-15s %s\n", $$1, $$2 }'

.PHONY: doctor
doctor: ## say what a machine lacks for a lab, this one or MACHINE=... behind SSH; changes nothing, and needs nothing but Python
	@python3 -B -m doctor $(MACHINE)

.PHONY: setup
setup: ## get the toolchain and the Python environment (part of all that follows)
	@toolchain/bootstrap
	@cloud-init/fetch-schema .toolchain/cloud-init-schema.json

.PHONY: stack
stack: setup
	@toolchain/stack $(STACK)
	@toolchain/recover $(STACK)

.PHONY: up
up: stack ## make the lab real; STACK=quickstart is the default, here and below; REFRESH=yes mends what was done by hand, ADOPT=yes takes over guests that the state lost
	@$(console) up $(STACK) $(refresh); $(tidied)

.PHONY: preview
preview: $(if $(OFFLINE),setup,stack) ## say what `make up` would change, and what that does to each guest; REFRESH=yes looks for what was done by hand, OFFLINE=yes asks no host
	@$(looking) preview $(STACK) $(refresh); $(tidied)

.PHONY: record-facts
record-facts: setup ## keep what a preview must know of hosts in stacks/facts, for those with OFFLINE=yes
	@. .toolchain/env && python -m stacks.offline.record $(STACK)

# Nothing but the comment is on stdout.
.PHONY: preview-comment
preview-comment: ## print that as Markdown, for the comment of a pull request; OFFLINE=yes too; PREVIEW=file takes what `pulumi preview --json --show-sames` printed
	@$(MAKE) --no-print-directory $(if $(PREVIEW)$(OFFLINE),setup,stack) STACK='$(STACK)' >&2
	@$(looking) preview-comment $(STACK) $(or $(PREVIEW),$(refresh)); $(tidied)

.PHONY: graph
graph: $(if $(OFFLINE),setup,stack) ## draw the lab with what `make up` would change in it, as graphs/STACK.svg and, for Mermaid, graphs/STACK.mmd
	@$(looking) graph $(STACK) $(refresh); $(tidied)

.PHONY: destroy
destroy: stack ## remove the lab; the host is left as it was found
	@$(console) destroy $(STACK); $(tidied)

.PHONY: restore
restore: setup ## put a backup in the place of a state that is damaged or empty, the newest or FROM=file
	@toolchain/stack $(STACK)
	@. .toolchain/env && python toolchain/lib/restore.py $(STACK) $(FROM)

.PHONY: kubeconfig
kubeconfig: stack ## write what kubectl needs to be the admin of a lab of kind kubernetes, as .kvmlab/kubeconfig/STACK, and print its path
	@umask 077; mkdir -p .kvmlab/kubeconfig; $(pulumi) stack output kubeconfig --show-secrets --stack '$(STACK)' >.kvmlab/kubeconfig/.part && \
		mv .kvmlab/kubeconfig/.part '.kvmlab/kubeconfig/$(STACK)' && echo '.kvmlab/kubeconfig/$(STACK)'

.PHONY: test
test: setup ## unit tests, engine tests, and a real guest that boots
	@. .toolchain/env && pytest

.PHONY: kills
kills: setup ## kill runs of a lab at KVMLAB_KILLS points and run again (60 points, a quarter of an hour)
	@. .toolchain/env && pytest tests/acceptance/test_kills.py -s

.PHONY: edits
edits: setup ## edit guests at random, KVMLAB_EDITS times ten edits, and hold previews to what happens (50 sequences, an hour)
	@. .toolchain/env && pytest tests/acceptance/test_edits.py -s

.PHONY: rounds
rounds: setup ## make and destroy sixty guests KVMLAB_ROUNDS times (20 rounds, half an hour)
	@. .toolchain/env && pytest tests/acceptance/test_rounds.py -s

.PHONY: bridges
bridges: setup ## make bridges of interfaces in namespaces, and break them (ten minutes)
	@. .toolchain/env && pytest tests/acceptance/bridge

.PHONY: vlans
vlans: setup ## the same with VLANs, where the kernel has them (ten minutes)
	@. .toolchain/env && pytest tests/acceptance/vlan

.PHONY: packages
packages: setup ## install and remove packages by apt, dnf, zypper and pacman, in namespaces (three minutes)
	@. .toolchain/env && pytest tests/acceptance/packages

.PHONY: workflows
workflows: setup ## run the steps of the workflows for GitHub and Forgejo, as they stand, in a small Debian, against code hosts that are played
	@. .toolchain/env && tests/acceptance/forge/alone tests/acceptance/forge/test_workflows.py -s
	@. .toolchain/env && pytest tests/acceptance/forge/test_made_real.py -s

.PHONY: confinement
confinement: setup ## see what AppArmor's parser and SELinux's matching make of a pool's rules (a minute)
	@. .toolchain/env && pytest tests/acceptance/confinement

.PHONY: mermaid
mermaid: setup ## read flowcharts of labs, and of odd names, by Mermaid's own parser; needs Node 20 and npm (a quarter of a minute)
	@. .toolchain/env && pytest tests/acceptance/mermaid

.PHONY: pictures
pictures: ## draw a comment in docs as a code host shows it; needs Node 20, npm and a Chromium, on the PATH or CHROMIUM=file (a minute)
	@CHROMIUM='$(CHROMIUM)' tests/acceptance/pictures/draw

.PHONY: volume-groups
volume-groups: setup ## make disks in a volume group, by real LVM on a kernel that QEMU emulates (three minutes)
	@. .toolchain/env && pytest tests/acceptance/lvm

# What is quick first.
of_guests = changes pending drift capacity pools disks guests nics parts screens boot

.PHONY: e2e-guests
e2e-guests: setup ## real guests with all that config can ask for, and what edits and hands do to them (50 minutes without KVM)
	@. .toolchain/env && pytest $(of_guests:%=tests/acceptance/test_%.py) -s

.PHONY: e2e-kubernetes
e2e-kubernetes: setup ## a cluster of two nodes, from a bundle that `make kubernetes-bundle` has made (ten minutes without KVM)
	@. .toolchain/env && pytest tests/acceptance/kubernetes/test_two_nodes.py -s

.PHONY: online-kubernetes
online-kubernetes: setup ## a cluster of two nodes that get packages and images online, from a mirror that is made of a bundle (half an hour without KVM)
	@. .toolchain/env && pytest tests/acceptance/kubernetes/test_packages.py tests/acceptance/kubernetes/test_online.py -s -x

.PHONY: acceptance-kubernetes
acceptance-kubernetes: setup ## six nodes from nothing, KVMLAB_CLUSTERS times, then what happens to a cluster in its life (three hours without KVM)
	@. .toolchain/env && pytest tests/acceptance/kubernetes/test_killed_start.py tests/acceptance/kubernetes/test_six_nodes.py \
		tests/acceptance/kubernetes/test_control_planes.py -s -x

.PHONY: e2e-host
e2e-host: setup ## make a bare machine a hypervisor, over SSH; a guest plays it (half an hour without KVM)
	@. .toolchain/env && pytest tests/acceptance/host/test_bring_up.py -s -x

.PHONY: host-faults
host-faults: setup ## break the way to a machine while it gets a bridge, and see it come back (twenty faults, forty minutes)
	@. .toolchain/env && pytest tests/acceptance/host/test_faults.py -s

.PHONY: far
far: setup ## measure what a machine costs that is 50 ms away (a few minutes)
	@. .toolchain/env && pytest tests/acceptance/test_far.py -s

.PHONY: hang-ups
hang-ups: setup ## let a machine behind SSH disappear at KVMLAB_HANG_UPS moments (20 moments, ten minutes)
	@. .toolchain/env && pytest tests/acceptance/test_hang_ups.py -s

.PHONY: shared-state
shared-state: setup ## two checkouts that share a state, in a directory and on an S3 server that is built here (twenty minutes the first time, ten then)
	@. .toolchain/env && pytest tests/acceptance/team -s

.PHONY: checkpoints
checkpoints: setup ## make the example stacks and keep what they leave, for tests of later versions; VERSION=v1.2.3
	@. .toolchain/env && python -m tests.engine.checkpoints "$(VERSION)"

.PHONY: lint-stacks
lint-stacks: setup ## say what is wrong with labs, with no host, credentials or passphrase: all of stacks/, or STACK=one
	@. .toolchain/env && python -m stacks.lint $(if $(filter file,$(origin STACK)),,$(STACK))

.PHONY: lint
lint: setup ## ruff, basedpyright, import rules, shellcheck, go vet, stale generated files, stacks that Git has
	@. .toolchain/env && ruff check . && ruff format --check .
	@. .toolchain/env && basedpyright
	@. .toolchain/env && lint-imports
	@. .toolchain/env && git ls-files | xargs awk 'FNR == 1 && /^#!\/bin\/sh|^# shellcheck shell=sh/ { print FILENAME }' | \
		xargs shellcheck -x --source-path=SCRIPTDIR:.
	@. .toolchain/env && python -m stacks.schema --check
	@. .toolchain/env && python -m stacks.lint $$(git ls-files 'stacks/Pulumi.*.yaml')
	@cd toolchain/command && test -z "$$(gofmt -l .)" && go vet ./...

.PHONY: lint-workflows
lint-workflows: setup ## actionlint and zizmor on the workflows of GitHub and Forgejo
	@. .toolchain/env && forge/lint/run

.PHONY: reference
reference: setup ## write the JSON schema and docs/reference from the config's models
	@. .toolchain/env && python -m stacks.schema

.PHONY: lock-images
lock-images: setup ## move the catalogue's pins to their publishers' newest images, all or IMAGE=debian-13
	@. .toolchain/env && python -m images.lock $(IMAGE)

.PHONY: kubernetes-bundle
kubernetes-bundle: ## put together what a Kubernetes lab without internet is made of; DIR, SOURCE=modules|official (minutes; a quarter of an hour the first time)
	@bundle/build "$(VERSION)" "$(DIR)" "$(SOURCE)"

.PHONY: kubernetes-bundle-check
kubernetes-bundle-check: setup ## look into a bundle, build another, kill that and damage it; KVMLAB_BUNDLE=directory (ten minutes)
	@. .toolchain/env && pytest tests/acceptance/bundle -s

.PHONY: bench
bench: setup ## compare with guests by hand, an empty and a plain Pulumi program, and OpenTofu
	@. .toolchain/env && python -m bench

.PHONY: bench-kubernetes
bench-kubernetes: setup ## compare six nodes with the same ones by a script, KVMLAB_CLUSTERS times, from a bundle (forty minutes each time without KVM)
	@. .toolchain/env && python -u -m bench cluster
