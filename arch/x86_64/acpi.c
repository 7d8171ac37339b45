/* Reads CPUs, interrupt controllers and clocks out of the ACPI tables. */
/* SPDX-License-Identifier: MIT */
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/acpi_tables.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/limits.h"
#include "lib/macros.h"
#include "lib/string.h"

/* No table we read comes near this; a larger length is garbage. */
#define TABLE_SIZE_MAX (1U << 20)

void acpi_note_broken(struct acpi_info *out, const char *format, ...)
{
	va_list arguments;

	out->n_broken++;
	if (out->error[0])
		return;
	va_start(arguments, format);
	vsnprintf(out->error, sizeof(out->error), format, arguments);
	va_end(arguments);
}

/* There is no usable ACPI: the reason, and what was found broken on the way to it. */
static int refuse(struct acpi_info *out, const char *reason)
{
	char broken[sizeof(out->error)];

	strscpy(broken, out->error, sizeof(broken));
	snprintf(out->error, sizeof(out->error), "%s%s%s", reason, broken[0] ? "; " : "", broken);
	return -ENODEV;
}

/* All bytes of a structure, its checksum among them, add up to 0. */
static bool checksum_is_good(const void *structure, size_t size)
{
	const u8 *bytes = structure;
	u8 sum = 0;

	while (size--)
		sum += *bytes++;
	return sum == 0;
}

static bool has_signature(const struct acpi_table *table, const char *signature)
{
	return memcmp(table->signature, signature, sizeof(table->signature)) == 0;
}

/* The 64-bit field counts if there is one and it is filled in. */
static u64 pm_timer_port(const struct fadt *fadt)
{
	if (fadt->header.length >= sizeof(*fadt) && fadt->x_pm_timer_block.space == SPACE_IO &&
	    fadt->x_pm_timer_block.address)
		return fadt->x_pm_timer_block.address;
	return fadt->pm_timer_length == sizeof(u32) ? fadt->pm_timer_block : 0;
}

static bool parse_fadt(const struct acpi_table *table, struct acpi_info *out)
{
	const struct fadt *fadt = container_of(table, struct fadt, header);
	u64 port;

	if (table->length < offsetof(struct fadt, unread_4))
		return false;
	port = pm_timer_port(fadt);
	if (port > U16_MAX)
		return false;
	out->pm_timer_port = (u16)port;
	out->pm_timer_32bit = fadt->flags & FADT_TIMER_32BIT;
	return true;
}

static bool parse_hpet(const struct acpi_table *table, struct acpi_info *out)
{
	const struct hpet *hpet = container_of(table, struct hpet, header);

	if (table->length < sizeof(*hpet) || hpet->base.space != SPACE_MEMORY)
		return false;
	out->hpet_address = hpet->base.address;
	return true;
}

/* The table at an address, all of it readable and its checksum right; else NULL. */
static const struct acpi_table *map_table(const struct acpi_source *source, u64 address,
					  struct acpi_info *out)
{
	const struct acpi_table *table = source->map(address, sizeof(*table));
	u32 length = table ? table->length : 0;

	if (table && (length < sizeof(*table) || length > TABLE_SIZE_MAX)) {
		acpi_note_broken(out, "the table at %#llx has a length of %u", address, length);
		return NULL;
	}
	if (table)
		table = source->map(address, length);
	if (!table) {
		acpi_note_broken(out, "the table at %#llx cannot be read", address);
		return NULL;
	}
	if (!checksum_is_good(table, length)) {
		acpi_note_broken(out, "the table at %#llx has a wrong checksum", address);
		return NULL;
	}
	return table;
}

enum table_kind {
	KIND_MADT,
	KIND_FADT,
	KIND_HPET,
};

static const struct {
	const char *signature;
	bool (*parse)(const struct acpi_table *table, struct acpi_info *out);
} table_kinds[] = {
	[KIND_MADT] = { "APIC", acpi_parse_madt },
	[KIND_FADT] = { "FACP", parse_fadt },
	[KIND_HPET] = { "HPET", parse_hpet },
};

/* Parses a table if it is of a kind we want and have not had; `seen` has a bit for each kind. */
static void parse_table(const struct acpi_source *source, u64 address, unsigned long *seen,
			struct acpi_info *out)
{
	const struct acpi_table *table = source->map(address, sizeof(*table));
	size_t kind = 0;

	if (!table) {
		acpi_note_broken(out, "the table at %#llx cannot be read", address);
		return;
	}
	while (!has_signature(table, table_kinds[kind].signature)) {
		if (++kind == ARRAY_SIZE(table_kinds))
			return;
	}
	if (*seen & BIT(kind))
		return;
	table = map_table(source, address, out);
	if (!table)
		return;
	if (table_kinds[kind].parse(table, out))
		*seen |= BIT(kind);
	else
		acpi_note_broken(out, "table %s makes no sense", table_kinds[kind].signature);
}

/* The root table at `address`, if it is good and is the one it should be. */
static const struct acpi_table *map_root(const struct acpi_source *source, u64 address,
					 const char *signature, struct acpi_info *out)
{
	const struct acpi_table *table = map_table(source, address, out);

	if (table && !has_signature(table, signature)) {
		acpi_note_broken(out, "the table at %#llx is no %s", address, signature);
		return NULL;
	}
	return table;
}

/* Whether the part that came with ACPI 2.0 is there and right. */
static bool has_xsdt(const struct rsdp *rsdp, size_t size)
{
	return rsdp->revision >= 2 && size >= sizeof(*rsdp) && rsdp->length == sizeof(*rsdp) &&
	       checksum_is_good(rsdp, sizeof(*rsdp));
}

/* Finds the XSDT or else the RSDT, and says how large the addresses in it are. */
static const struct acpi_table *find_root(const struct acpi_source *source, const struct rsdp *rsdp,
					  size_t size, size_t *address_size, struct acpi_info *out)
{
	const struct acpi_table *root = NULL;

	*address_size = sizeof(u64);
	if (has_xsdt(rsdp, size))
		root = map_root(source, rsdp->xsdt_address, "XSDT", out);
	if (root)
		return root;
	*address_size = sizeof(u32);
	return map_root(source, rsdp->rsdt_address, "RSDT", out);
}

int acpi_parse(const struct acpi_source *source, const void *rsdp, size_t rsdp_size,
	       struct acpi_info *out)
{
	const struct acpi_table *root;
	unsigned long seen = 0;
	size_t address_size;
	u64 address;

	memset(out, 0, sizeof(*out));
	if (rsdp_size < RSDP_SIZE_OLD || memcmp(rsdp, "RSD PTR ", 8) != 0)
		return refuse(out, "there is no ACPI root pointer");
	if (!checksum_is_good(rsdp, RSDP_SIZE_OLD))
		return refuse(out, "the checksum of the ACPI root pointer is wrong");
	root = find_root(source, rsdp, rsdp_size, &address_size, out);
	if (!root)
		return refuse(out, "there is neither a good XSDT nor a good RSDT");
	for (size_t at = sizeof(*root); at + address_size <= root->length; at += address_size) {
		address = 0;
		memcpy(&address, (const u8 *)root + at, address_size);
		parse_table(source, address, &seen, out);
	}
	if (!(seen & BIT(KIND_MADT)))
		return refuse(out, "there is no good MADT");
	return out->n_cpus ? 0 : refuse(out, "the MADT has no enabled CPU");
}
