/*
 * mask_inet.c
 *		dm_mask_inet: keeps the network part of an address.
 *
 * The netmask of the result is never longer than what was kept: so it says
 * that the address is a network, and a cidr, which may have no bits beyond its
 * netmask, stays valid.
 */
#include "postgres.h"

#include <sys/socket.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/inet.h"

#include "compat/pg_compat.h"

PG_FUNCTION_INFO_V1(dm_mask_inet);

static int
check_bits(int32 bits, int max, const char *family)
{
	if (bits < 0 || bits > max)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of kept bits of an %s address must be between 0 and %d",
						family, max)));
	return bits;
}

/*
 * Serves inet and cidr.
 */
Datum
dm_mask_inet(PG_FUNCTION_ARGS)
{
	inet *value = PG_GETARG_INET_PP(0);
	int v4_bits = check_bits(PG_GETARG_INT32(1), 32, "IPv4");
	int v6_bits = check_bits(PG_GETARG_INT32(2), 128, "IPv6");
	int bits = (ip_family(value) == PGSQL_AF_INET) ? v4_bits : v6_bits;
	inet *result = (inet *) palloc0(sizeof(inet));
	int bytes = bits / 8;

	ip_family(result) = ip_family(value);
	ip_bits(result) = Min(ip_bits(value), bits);
	SET_INET_VARSIZE(result);

	memcpy(ip_addr(result), ip_addr(value), bytes);
	if (bits % 8 != 0)
		ip_addr(result)[bytes] = ip_addr(value)[bytes] & (0xFF << (8 - bits % 8));
	PG_RETURN_INET_P(result);
}
