#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <sys/mman.h>
#include <time.h>
#include <fcntl.h>
static double now(void){struct timespec t;clock_gettime(CLOCK_MONOTONIC,&t);return t.tv_sec+t.tv_nsec*1e-9;}
int main(int c,char**v){int own=v[1][0]=='o';double until=now()+atof(v[2]);char base[]="/tmp/renXXXXXX";mkdtemp(base);
 long*n=mmap(0,4096,3,MAP_SHARED|MAP_ANONYMOUS,-1,0);
 for(int i=0;i<4;i++)if(!fork()){char d[99],a[150],b[150];sprintf(d,"%s/%d",base,own?i:0);mkdir(d,0700);sprintf(a,"%s/%d.a",d,i);sprintf(b,"%s/%d.b",d,i);close(open(a,O_CREAT|O_WRONLY,0600));
  while(now()<until)for(int k=0;k<50;k++){rename(a,b);rename(b,a);n[i]+=2;}_exit(0);}
 while(wait(0)>0);printf("%ld\n",n[0]+n[1]+n[2]+n[3]);}
